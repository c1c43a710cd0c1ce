namespace WarehouseImport.Profiles.Values;

/// <summary>What an integer date counts since 1970-01-01T00:00:00Z; always stated in the mapping, never guessed from the size of the number.</summary>
public enum EpochUnit
{
    Seconds,
    Milliseconds,
    Microseconds,
    Nanoseconds,
}
