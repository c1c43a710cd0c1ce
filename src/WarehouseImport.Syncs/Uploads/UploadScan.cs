using WarehouseImport.Profiles.Problems;
using WarehouseImport.Profiles.Properties;
using WarehouseImport.Profiles.Values;
using WarehouseImport.Syncs.Setup;
using WarehouseImport.Warehouses;

namespace WarehouseImport.Syncs.Uploads;

/// <summary>Reads a file once, from beginning to end: checks that it can be read, counts, and suggests a mapping (profile-import-rules 5, 7.1, 14.2).</summary>
public static class UploadScan
{
    public const int PreviewRows = 50;

    /// <summary>Cells longer than this never read as a number, a date or a truth value; the whole cell is not worth keeping for a guess.</summary>
    private const int LongestSample = 256;

    /// <exception cref="CsvFileException">The file as a whole cannot be read, or has no row.</exception>
    public static async Task<UploadDescription> ReadAsync(Stream stream, CancellationToken cancellationToken)
    {
        var reader = await CsvReader.OpenAsync(stream, cancellationToken);
        var samples = reader.Columns.Select(_ => new List<string>()).ToArray();
        var open = samples.Length;
        var preview = new List<IReadOnlyList<string?>>();
        var rows = 0L;
        while (await reader.ReadAsync(cancellationToken) is { } record)
        {
            rows++;
            if (record.Fault == CsvFault.BadQuote) continue;
            if (preview.Count < PreviewRows) preview.Add([.. record.Cells.Select(cell => cell is null ? null : ProblemCatalogue.Show(cell))]);
            if (open > 0 && record.Fault == CsvFault.None) open = Sample(record.Cells, samples);
        }

        if (rows == 0) throw new CsvFileException(ProblemCatalogue.Fill(ProblemCodes.CsvEmpty));
        return Describe(reader, rows, preview, samples);
    }

    /// <summary>The columns of a file as the mapping rules see them.</summary>
    internal static DatasetColumn[] ToColumns(IEnumerable<string> names) => [.. names.Select(name => new DatasetColumn(name, "text", ColumnKind.Text, true))];

    /// <returns>Columns that need more cells.</returns>
    private static int Sample(string?[] cells, List<string>[] samples)
    {
        var open = 0;
        for (var column = 0; column < samples.Length; column++)
        {
            if (samples[column].Count == TypeSuggestion.MaxSamples) continue;
            open++;
            if (!string.IsNullOrWhiteSpace(cells[column])) samples[column].Add(cells[column] is { Length: > LongestSample } cell ? cell[..LongestSample] : cells[column]!);
        }

        return open;
    }

    private static UploadDescription Describe(CsvReader reader, long rows, List<IReadOnlyList<string?>> preview, List<string>[] samples)
    {
        var columns = ToColumns(reader.Columns);
        var parser = new InstantParser(InputKind.Text);
        var modifiedAt = columns.Select((column, index) => (column.Name, Samples: samples[index]))
            .FirstOrDefault(column => MappingSuggestion.NamesChange(column.Name) && column.Samples.Count > 0 && column.Samples.TrueForAll(cell => parser.TryParse(cell, out _)))
            .Name;

        // The suggestion wants rows; the n-th sampled cell of every column makes the n-th.
        var sampled = Enumerable.Range(0, samples.Max(cells => cells.Count)).Select(row => samples.Select(cells => row < cells.Count ? cells[row] : null).ToArray());
        var suggestion = MappingSuggestion.Suggest(
            [.. columns.Where(column => column.Name != modifiedAt)], new DatasetPreview(columns, [.. sampled]), hasCursor: false);
        IReadOnlyList<Problem> notices = reader.Delimiter == ','
            ? []
            : [ProblemCatalogue.Fill(ProblemCodes.CsvDelimiterDetected, ("d", reader.Delimiter == '\t' ? "tab" : reader.Delimiter.ToString()))];
        return new UploadDescription(reader.Columns, reader.HeaderCells, reader.Delimiter, rows, preview, modifiedAt, suggestion.Fields, suggestion.Skipped, notices);
    }
}
