using System.Globalization;
using System.Text;
using WarehouseImport.Profiles;
using WarehouseImport.Profiles.Problems;
using WarehouseImport.Syncs.Runs;

namespace WarehouseImport.Syncs.ErrorFile;

public enum ErrorFileContent
{
    /// <summary>Every row with at least one error or warning.</summary>
    All,

    /// <summary>Rows with at least one error.</summary>
    ErrorsOnly,
}

/// <summary>
/// Writes a run's error rows as CSV (profile-import-rules 14.3): UTF-8 with byte order mark, CRLF, RFC 4180, formula-safe; the original columns as read, then
/// what happened to the row. Streams: memory holds one batch of rows, whatever the run's size.
/// </summary>
/// <remarks>NULL is an empty cell and an empty text a quoted one (<c>""</c>), which readers that tell them apart can use.</remarks>
public sealed class ErrorFileWriter(IRunStore runs)
{
    private const int BatchRows = 1_000;
    private const int FlushCharacters = 64 * 1024;

    private static readonly string[] AddedColumns = ["_outcome", "_error_codes", "_error_columns", "_error_messages", "_row", "_modified_at", "_run"];

    /// <summary>The header of a run's file: the original names, then the added ones; an added name that is taken gets a number (<c>_row_2</c>).</summary>
    public static IReadOnlyList<string> Header(IReadOnlyList<string> originalColumns)
    {
        var taken = new HashSet<string>(originalColumns, StringComparer.Ordinal);
        var header = new List<string>(originalColumns);
        foreach (var name in AddedColumns)
        {
            var free = name;
            for (var number = 2; !taken.Add(free); number++) free = string.Create(CultureInfo.InvariantCulture, $"{name}_{number}");
            header.Add(free);
        }

        return header;
    }

    /// <summary>Writes the whole file. A run without a window has no rows and no original columns.</summary>
    public async Task WriteAsync(RunRecord run, Stream output, ErrorFileContent content = ErrorFileContent.All, CancellationToken cancellationToken = default)
    {
        var columns = run.Window?.Columns ?? [];
        await using var writer = new StreamWriter(output, new UTF8Encoding(encoderShouldEmitUTF8Identifier: true), leaveOpen: true);
        var line = new StringBuilder();
        foreach (var name in Header(columns)) AppendCell(line, name);
        EndLine(line);

        (int Page, int Row)? after = null;
        while (true)
        {
            var rows = await runs.GetErrorsAsync(run.Id, after, code: null, BatchRows, cancellationToken);
            foreach (var row in rows)
            {
                after = (row.Page, row.Row);
                if (content == ErrorFileContent.ErrorsOnly && !HasError(row)) continue;
                AppendRow(line, run, row, columns.Count);
                if (line.Length >= FlushCharacters) await FlushAsync();
            }

            if (rows.Count < BatchRows) break;
        }

        await FlushAsync();

        async Task FlushAsync()
        {
            await writer.WriteAsync(line, cancellationToken);
            line.Clear();
        }
    }

    private static bool HasError(RunErrorRow row) => row.Problems.Any(entry => entry.Problem.Severity == ProblemSeverity.Error);

    private static void AppendRow(StringBuilder line, RunRecord run, RunErrorRow row, int columns)
    {
        for (var column = 0; column < columns; column++)
        {
            var cell = column < row.Cells.Count ? row.Cells[column] : null;

            // A file knows no difference between NULL and an empty text.
            AppendCell(line, row.Line is not null && cell is "" ? null : cell);
        }

        AppendCell(line, NameOf(row.Outcome));
        AppendCell(line, string.Join(';', row.Problems.Select(entry => entry.Problem.Code)));
        AppendCell(line, string.Join(';', row.Problems.Select(entry => entry.Column)));
        AppendCell(line, string.Join("; ", row.Problems.Select(entry => entry.Problem.Detail)));
        AppendCell(line, row.Line is { } number ? number.ToString(CultureInfo.InvariantCulture) : string.Create(CultureInfo.InvariantCulture, $"{row.Page}/{row.Row}"));
        AppendCell(line, row.ModifiedAt);
        AppendCell(line, run.Id.ToString());
        EndLine(line);
    }

    private static string NameOf(Outcome outcome) => outcome.ToString().ToLowerInvariant();

    private static void AppendCell(StringBuilder line, string? cell)
    {
        if (cell is not null)
        {
            var safe = FormulaSafe.Escape(cell);
            if (safe.Length == 0 || safe.AsSpan().IndexOfAny("\",\r\n") >= 0 || char.IsWhiteSpace(safe[0]) || char.IsWhiteSpace(safe[^1]))
                line.Append('"').Append(safe.Replace("\"", "\"\"", StringComparison.Ordinal)).Append('"');
            else
                line.Append(safe);
        }

        line.Append(',');
    }

    private static void EndLine(StringBuilder line)
    {
        line.Length--;
        line.Append("\r\n");
    }
}
