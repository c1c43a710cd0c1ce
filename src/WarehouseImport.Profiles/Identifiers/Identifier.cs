namespace WarehouseImport.Profiles.Identifiers;

/// <summary>The kinds of identifier, in look-up rank: a smaller number ranks higher (profile-import-rules 2.1).</summary>
public enum IdentifierKind
{
    Id = 0,
    ExternalId = 1,
    Email = 2,
    PhoneNumber = 3,
}

/// <summary>A canonical identifier: the only form that is stored, compared, routed and shown.</summary>
[GenerateSerializer, Immutable, Alias("identifier")]
public readonly record struct Identifier([property: Id(0)] IdentifierKind Kind, [property: Id(1)] string Value)
{
    public override string ToString() => $"{Kind.FieldName()} {Value}";
}

public static class IdentifierKinds
{
    /// <summary>The API name and the field that holds an identifier of this kind.</summary>
    public static string FieldName(this IdentifierKind kind) => kind switch
    {
        IdentifierKind.Id => "id",
        IdentifierKind.ExternalId => "external_id",
        IdentifierKind.Email => "email",
        IdentifierKind.PhoneNumber => "phone_number",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Unknown identifier kind."),
    };

    public static bool TryParse(string? fieldName, out IdentifierKind kind)
    {
        (var known, kind) = fieldName switch
        {
            "id" => (true, IdentifierKind.Id),
            "external_id" => (true, IdentifierKind.ExternalId),
            "email" => (true, IdentifierKind.Email),
            "phone_number" => (true, IdentifierKind.PhoneNumber),
            _ => (false, default),
        };
        return known;
    }
}
