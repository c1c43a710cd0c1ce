using System.Globalization;
using System.Text.Json;
using Spectre.Console;
using WarehouseImport.Server.Api;
using WarehouseImport.Server.Api.Profiles;
using WarehouseImport.Server.Api.Runs;

namespace WarehouseImport.Server.Demo;

/// <summary>What the demo shows at the end. Values come from the sample, hostile ones included, so everything is escaped.</summary>
internal sealed class DemoReport(IAnsiConsole console)
{
    private const int LongestValue = 40;

    private static readonly (string Name, Func<RunCounts, long> Actual, Func<Sample.ExpectedRun, long> Expected)[] Columns =
    [
        ("Read", counts => counts.Read, expected => expected.Read),
        ("Created", counts => counts.Created, expected => expected.Counts.Created),
        ("Updated", counts => counts.Updated, expected => expected.Counts.Updated),
        ("Unchanged", counts => counts.Unchanged, expected => expected.Counts.Unchanged),
        ("Stale", counts => counts.Stale, expected => expected.Counts.Stale),
        ("Duplicate", counts => counts.Duplicate, expected => expected.Counts.Duplicate),
        ("Failed", counts => counts.Failed, expected => expected.Counts.Failed),
        ("Suppressed", counts => counts.Suppressed, expected => expected.Counts.Suppressed),
    ];

    public void ShowCounts(IReadOnlyList<DemoResult> results)
    {
        var table = new Table().Title("Rows per run (counted, and what the sample knows to be right where they differ)");
        table.AddColumn("Sync");
        table.AddColumn(new TableColumn("Run").RightAligned());
        foreach (var (name, _, _) in Columns) table.AddColumn(new TableColumn(name).RightAligned());
        table.AddColumn(new TableColumn("No time").RightAligned());
        table.AddColumn(new TableColumn("Future").RightAligned());
        table.AddColumn("Right");
        foreach (var result in results)
        {
            table.AddRow(
            [
                Markup.Escape(result.Sync),
                Number(result.Run.Number),
                .. Columns.Select(column => Compared(column.Actual(result.Run.Counts), column.Expected(result.Expected))),
                Compared(result.Run.Window?.NullCursorRows, result.Expected.NullCursorRows),
                Compared(result.Run.Window?.RowsAboveCeiling, result.Expected.FutureRows),
                IsRight(result) ? "[green]yes[/]" : "[red]NO[/]",
            ]);
        }

        console.Write(table);
    }

    public void ShowErrors(IReadOnlyList<DemoResult> results)
    {
        var table = new Table().Title("Row errors and warnings by code");
        table.AddColumns("Sync", "Run", "Code", "What");
        table.AddColumn(new TableColumn("Rows").RightAligned());
        foreach (var result in results)
        {
            var counted = result.Codes.ToDictionary(code => code.Code, StringComparer.Ordinal);
            foreach (var code in counted.Keys.Union(result.Expected.Codes.Keys).Order(StringComparer.Ordinal))
            {
                table.AddRow(
                    Markup.Escape(result.Sync),
                    Number(result.Run.Number),
                    Markup.Escape(code),
                    Markup.Escape(counted.GetValueOrDefault(code)?.Title ?? ""),
                    Compared(counted.GetValueOrDefault(code)?.Rows ?? 0, result.Expected.Codes.GetValueOrDefault(code)));
            }
        }

        console.Write(table);
    }

    public void ShowProfile(ProfileResponse profile, IReadOnlyList<ChangeResponse> history)
    {
        var fields = new Table().Title(Markup.Escape($"Profile {profile.Id}: each value with its reason"));
        fields.AddColumns("Field", "Value", "Sync", "Run", "Source time");
        foreach (var field in profile.Fields)
            fields.AddRow(Markup.Escape(field.Field), Value(field.Value), Name(field.Source), Number(field.Source.RunNumber), field.Instant);
        console.Write(fields);

        var changes = new Table().Title("Its history, newest first");
        changes.AddColumns("Field", "What", "From", "To", "Sync", "Run", "Source time");
        foreach (var change in history)
        {
            changes.AddRow(
                Markup.Escape(change.Field),
                ApiWords.Spaced(change.Kind),
                Value(change.OldValue),
                Value(change.NewValue),
                Name(change.Source),
                Number(change.Source.RunNumber),
                change.NewInstant);
        }

        console.Write(changes);
    }

    public void ShowPeople(DemoPeopleResult people)
    {
        var table = new Table().Title("People (counted, and what the sample knows to be right where they differ)");
        table.AddColumn("What");
        table.AddColumn(new TableColumn("People").RightAligned());
        foreach (var (what, actual, expected) in people.Counts) table.AddRow(Markup.Escape(what), Compared(actual, expected));
        console.Write(table);
        foreach (var wrong in people.Wrong) console.MarkupLine($"[red]{Markup.Escape(wrong)}[/]");
    }

    /// <returns>True only if every count of every run, and what is known about people, is what it must be.</returns>
    public bool ShowVerdict(IReadOnlyList<DemoResult> results, DemoPeopleResult people, TimeSpan elapsed)
    {
        var wrong = results.Where(result => !IsRight(result)).ToArray();
        var seconds = elapsed.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture);
        if (wrong.Length == 0 && people.IsRight)
        {
            console.MarkupLine($"[green]Every count of {results.Count} runs is right, and so are consent, duplicates and merges.[/] {seconds} s");
            return true;
        }

        foreach (var result in wrong)
        {
            var failure = result.Run.Failure is { } reason ? $" ({reason.Code}: {reason.Message})" : "";
            console.MarkupLine($"[red]Run {result.Run.Number} of {Markup.Escape(result.Sync)} does not report what the sample knows to be right: {ApiWords.Spaced(result.Run.Status)}{Markup.Escape(failure)}[/]");
        }

        console.WriteLine($"{seconds} s");
        return false;
    }

    public void ShowAddress(string address, string apiKey)
    {
        console.WriteLine();
        console.WriteLine($"Serving {address}{ApiRoutes.Root} until Ctrl+C");
        console.WriteLine($"Documentation: {address}{ApiRoutes.Docs} (any name, the API key as password)");
        console.WriteLine($"API key: {apiKey}");
        console.WriteLine($"curl -H 'Authorization: Bearer {apiKey}' {address}{ApiRoutes.Root}/profiles?q=anna");
    }

    private static bool IsRight(DemoResult result) =>
        result.Run.Status is Syncs.Runs.RunStatus.Succeeded or Syncs.Runs.RunStatus.SucceededWithRowErrors
        && Columns.All(column => column.Actual(result.Run.Counts) == column.Expected(result.Expected))
        && result.Run.Window is { } window
        && window.NullCursorRows == result.Expected.NullCursorRows
        && window.RowsAboveCeiling == result.Expected.FutureRows
        && result.Codes.ToDictionary(code => code.Code, code => code.Rows).OrderBy(code => code.Key, StringComparer.Ordinal).SequenceEqual(
            result.Expected.Codes.OrderBy(code => code.Key, StringComparer.Ordinal));

    private static string Compared(long? actual, long expected) =>
        actual == expected ? Number(actual) : $"[red]{Number(actual)} (must be {Number(expected)})[/]";

    private static string Number(long? value) => value?.ToString(CultureInfo.InvariantCulture) ?? "-";

    private static string Name(SourceResponse source) => Markup.Escape(source.SyncName ?? "API import");

    private static string Value(JsonElement? value)
    {
        var text = value is not { } json ? "" : json.ValueKind == JsonValueKind.String ? json.GetString()! : json.GetRawText();
        text = new string([.. text.Select(c => char.IsControl(c) ? ' ' : c)]);
        return Markup.Escape(text.Length > LongestValue ? text[..LongestValue] + "…" : text);
    }
}
