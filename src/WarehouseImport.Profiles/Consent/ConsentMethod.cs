namespace WarehouseImport.Profiles.Consent;

/// <summary>How a consent statement came here (profile-import-rules 9.1). The numbers are stored.</summary>
public enum ConsentMethod : byte
{
    Warehouse = 0,
    Csv = 1,
    Api = 2,
    Manual = 3,
}

public static class ConsentMethods
{
    /// <summary>The method as stored in the document and shown by the API.</summary>
    public static string Name(this ConsentMethod method) => method switch
    {
        ConsentMethod.Warehouse => "WAREHOUSE",
        ConsentMethod.Csv => "CSV",
        ConsentMethod.Api => "API",
        ConsentMethod.Manual => "MANUAL",
        _ => throw new ArgumentOutOfRangeException(nameof(method), method, "Unknown consent method."),
    };
}
