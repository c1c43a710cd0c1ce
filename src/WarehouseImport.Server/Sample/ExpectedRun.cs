using WarehouseImport.Profiles;

namespace WarehouseImport.Server.Sample;

/// <summary>What a run over the sample must report, known from how each row was written and never from the product's own code.</summary>
/// <param name="NullCursorRows">Rows without <c>modified_at</c>: counted, never read (H10).</param>
/// <param name="FutureRows">Rows dated above any ceiling: counted, never read (H6).</param>
/// <param name="Codes">Rows per problem code, errors and warnings together.</param>
internal sealed record ExpectedRun(OutcomeCounts Counts, long NullCursorRows, long FutureRows, IReadOnlyDictionary<string, long> Codes)
{
    public long Read => Counts.Total;
}

/// <summary>Adds up what a run must report while its rows are written.</summary>
internal sealed class ExpectedRunTally
{
    private readonly SortedDictionary<string, long> _codes = new(StringComparer.Ordinal);
    private OutcomeCounts _counts = OutcomeCounts.None;
    private long _nullCursorRows;
    private long _futureRows;

    public void Read(Outcome outcome, params ReadOnlySpan<string> codes)
    {
        _counts = _counts.Add(outcome);
        foreach (var code in codes) _codes[code] = _codes.GetValueOrDefault(code) + 1;
    }

    public void Read(Outcome outcome, int rows)
    {
        for (var row = 0; row < rows; row++) Read(outcome);
    }

    public void HasNoCursor(int rows = 1) => _nullCursorRows += rows;

    public void IsFuture(int rows = 1) => _futureRows += rows;

    public ExpectedRun ToExpected() => new(_counts, _nullCursorRows, _futureRows, new SortedDictionary<string, long>(_codes, StringComparer.Ordinal));
}
