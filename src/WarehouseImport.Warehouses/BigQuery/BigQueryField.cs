namespace WarehouseImport.Warehouses.BigQuery;

/// <summary>One field of a schema as the service sends it. Names of types come in the old spelling or the new one, whichever made the table.</summary>
/// <param name="Mode"><c>NULLABLE</c>, <c>REQUIRED</c> or <c>REPEATED</c>; absent means nullable.</param>
/// <param name="Fields">Of a <c>RECORD</c>.</param>
/// <param name="Collation">For example <c>und:ci</c>; absent or empty means binary order.</param>
/// <param name="RangeElementType">Of a <c>RANGE</c>.</param>
/// <param name="TimestampPrecision">12 where a TIMESTAMP keeps picoseconds; absent or 6 otherwise.</param>
internal sealed record BigQueryField(
    string Name,
    string Type,
    string? Mode = null,
    IReadOnlyList<BigQueryField>? Fields = null,
    string? Collation = null,
    long? TimestampPrecision = null,
    RangeElement? RangeElementType = null)
{
    public bool IsRepeated => Mode == "REPEATED";

    public bool IsNullable => Mode != "REQUIRED";
}

internal sealed record RangeElement(string Type);
