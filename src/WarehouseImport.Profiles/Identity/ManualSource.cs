namespace WarehouseImport.Profiles.Identity;

/// <summary>The source of what people do to profiles by hand. It has no source instants (profile-import-rules 3.4).</summary>
public static class ManualSource
{
    /// <summary>Stands where a sync's id would stand.</summary>
    public static readonly Guid Id = new("d1000000-0000-4000-8000-000000000001");
}
