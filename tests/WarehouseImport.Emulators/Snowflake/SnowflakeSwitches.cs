namespace WarehouseImport.Emulators.Snowflake;

/// <summary>Behaviour that may be changed while the emulator runs; the defaults are what the service is believed to do.</summary>
public sealed class SnowflakeSwitches
{
    /// <value>Rows in the first partition, which the service keeps much smaller; 200.</value>
    public int FirstPartitionRows { get; set; } = 200;

    /// <value>Rows in each later partition; 5,000.</value>
    public int PartitionRows { get; set; } = 5_000;

    /// <value>How long a statement takes on the emulator's clock; none.</value>
    public TimeSpan StatementDuration { get; set; }

    /// <value>Answers of 202 before the result; 0. Each GET counts one.</value>
    public int RunningPolls { get; set; }

    /// <value>Whether the last of those polls is answered with 429.</value>
    public bool ThrottlesOnce { get; set; }

    /// <value>Statements that contain this text run until they are cancelled.</value>
    public string? NeverFinishes { get; set; }

    /// <value>Answer 202 although <c>async</c> was false; the result is there at the first poll.</value>
    public bool AlwaysAsync { get; set; }

    /// <value><c>Retry-After</c> of a 429; null for none.</value>
    public string? RetryAfter { get; set; }

    /// <value><c>type</c> in upper case, as some documentation has it.</value>
    public bool UpperCaseTypes { get; set; }

    /// <value>An empty <c>partitionInfo</c> for no rows, in place of one entry with none.</value>
    public bool EmptyPartitionInfo { get; set; }

    /// <value>Every request is refused by a network policy.</value>
    public bool NetworkPolicyRefuses { get; set; }

    /// <value>Fields no client knows are in every answer; on.</value>
    public bool AddsUnknownFields { get; set; } = true;
}
