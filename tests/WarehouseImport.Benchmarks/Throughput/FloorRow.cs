using System.Globalization;
using System.Text;

namespace WarehouseImport.Benchmarks.Throughput;

/// <summary>A mapped row as a hand-written loader would have it, ready to be sent.</summary>
/// <param name="Document">Field paths and values as one flat JSON object.</param>
/// <param name="Version">Instant, sync and run as text that sorts like the version order.</param>
sealed record FloorRow(Guid Id, Guid ChangeId, int Row, string Email, string Phone, string Instant, string Version, string Document)
{
    /// <summary>Twelve: ten properties and the two identifiers.</summary>
    public const int Fields = 12;

    public static FloorRow From(Person person, int row, int sync, long runSeq)
    {
        var document = new StringBuilder(320).Append('{');
        person.WriteFields((field, value) => document.Append(document.Length == 1 ? "\"" : ",\"").Append(field).Append("\":").Append(value));
        var instant = person.Instant.ToStorageString();
        return new FloorRow(
            Guid.CreateVersion7(),
            Guid.CreateVersion7(),
            row,
            person.Email,
            person.CanonicalPhone,
            instant,
            string.Create(CultureInfo.InvariantCulture, $"{instant}|{sync}|{runSeq:000000}"),
            document.Append('}').ToString());
    }
}

/// <summary>What writing a phase by hand took.</summary>
/// <param name="FieldChanges">Fields it wrote into the history.</param>
/// <param name="ClientCpuSeconds">Of the sending process.</param>
sealed record FloorResult(long Rows, long FieldChanges, TimeSpan Time, double ClientCpuSeconds)
{
    public double RowsPerSecond => Rows / Time.TotalSeconds;

    public static FloorResult operator +(FloorResult left, FloorResult right) =>
        new(left.Rows + right.Rows, left.FieldChanges + right.FieldChanges, left.Time + right.Time, left.ClientCpuSeconds + right.ClientCpuSeconds);
}

/// <summary>
/// The same contents written as fast as the database allows by one connection: profile, identifiers, history, per-field versions, one transaction per page.
/// It has no ledger, no fence, no error rows and no second writer to mind, and knows that the phone numbers of these people never change.
/// </summary>
abstract class Floor
{
    private const int PageRows = 5_000;

    public async Task<FloorResult> WriteAsync(IEnumerable<Person> people, int sync, long runSeq)
    {
        long rows = 0;
        long changes = 0;
        var time = TimeSpan.Zero;
        double cpu = 0;
        foreach (var chunk in people.Chunk(PageRows))
        {
            // Mapping is not part of the floor.
            var page = chunk.Select((person, row) => FloorRow.From(person, row, sync, runSeq)).ToList();
            var cpuBefore = ProcessUsage.CpuSeconds(Environment.ProcessId);
            var started = System.Diagnostics.Stopwatch.GetTimestamp();
            changes += await WritePageAsync(page);
            time += System.Diagnostics.Stopwatch.GetElapsedTime(started);
            cpu += ProcessUsage.CpuSeconds(Environment.ProcessId) - cpuBefore;
            rows += page.Count;
        }

        return new FloorResult(rows, changes, time, cpu);
    }

    /// <summary>The values of all profiles; see <see cref="ContentDigest"/>.</summary>
    public abstract Task<ContentDigest> DigestAsync();

    /// <summary>Bytes of its tables with their indexes.</summary>
    public abstract Task<long> TableBytesAsync();

    /// <returns>Field changes written.</returns>
    protected abstract Task<long> WritePageAsync(List<FloorRow> page);
}
