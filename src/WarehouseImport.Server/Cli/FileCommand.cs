using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Spectre.Console;
using WarehouseImport.Profiles.Problems;
using WarehouseImport.Profiles.Properties;
using WarehouseImport.Storage;
using WarehouseImport.Syncs.ErrorFile;
using WarehouseImport.Syncs.Runs;
using WarehouseImport.Syncs.Setup;
using WarehouseImport.Syncs.Uploads;

namespace WarehouseImport.Server.Cli;

/// <summary>
/// Checks or imports a CSV file over the embedded store, by the very path of an upload to the server. No server has to run; one that does may go on.
/// </summary>
internal static class FileCommand
{
    public const int Refused = 3;
    public const int Usage = 2;
    public const int Unreadable = 1;

    private const int ExamplesPerCode = 3;
    private const int PlainWidth = 160;
    private const int ReadBuffer = 128 * 1024;

    public static async Task<int> RunAsync(FileCommandOptions options, CancellationToken cancellationToken)
    {
        var console = AnsiConsole.Console;
        if (Console.IsOutputRedirected) console.Profile.Width = PlainWidth;
        using var scratch = options.IsCheck && !File.Exists(Path.Combine(options.Data, StorageOptions.FileName)) ? new ScratchFolder() : null;
        try
        {
            await using var provider = await FileServices.CreateAsync(scratch?.FullPath ?? options.Data, options.MaxBytes, cancellationToken);
            return options.IsCheck
                ? await CheckAsync(options, provider, console, cancellationToken)
                : await ImportAsync(options, provider, console, cancellationToken);
        }
        catch (CsvFileException refused)
        {
            await Console.Error.WriteLineAsync($"{refused.Problem.Code}: {refused.Problem.Detail} {refused.Problem.Hint}");
            return Unreadable;
        }
    }

    // The file is read where it lies: a check leaves no copy of it behind.
    private static async Task<int> CheckAsync(FileCommandOptions options, ServiceProvider provider, IAnsiConsole console, CancellationToken cancellationToken)
    {
        var length = new FileInfo(options.File).Length;
        if (length > options.MaxBytes)
        {
            throw new CsvFileException(ProblemCatalogue.Fill(
                ProblemCodes.CsvTooLarge, ("n", length.ToString(CultureInfo.InvariantCulture)), ("max", options.MaxBytes.ToString(CultureInfo.InvariantCulture))));
        }

        UploadDescription description;
        await using (var file = Open(options.File)) description = await UploadScan.ReadAsync(file, cancellationToken);
        if (await PlanAsync(options, description, provider, console, cancellationToken) is not { } plan) return Usage;

        var runs = provider.GetRequiredService<UploadRuns>();
        var run = await runs.BeginAsync(Guid.NewGuid(), isCheck: true, null, cancellationToken);
        var input = UploadService.InputOf(plan, description, _ => Task.FromResult<Stream>(Open(options.File)));
        return await DriveAsync(options, provider, console, run, input, cancellationToken);
    }

    private static async Task<int> ImportAsync(FileCommandOptions options, ServiceProvider provider, IAnsiConsole console, CancellationToken cancellationToken)
    {
        var uploads = provider.GetRequiredService<UploadService>();
        UploadRecord upload;
        await using (var file = Open(options.File)) upload = await uploads.ReceiveAsync(Path.GetFileName(options.File), file, cancellationToken);
        if (await PlanAsync(options, upload.Description, provider, console, cancellationToken) is not { } plan)
        {
            await provider.GetRequiredService<IUploadStore>().DeleteAsync(upload.Id, cancellationToken);
            return Usage;
        }

        var run = await uploads.BeginAsync(upload, plan, isCheck: false, null, cancellationToken) ?? throw new InvalidOperationException("A job without a key was taken for a repeated one.");
        var input = await uploads.GetInputAsync(run.Id, cancellationToken) ?? throw new InvalidOperationException("The file that was just stored is gone.");
        return await DriveAsync(options, provider, console, run, input, cancellationToken);
    }

    private static FileStream Open(string path) => new(path, FileMode.Open, FileAccess.Read, FileShare.Read, ReadBuffer, FileOptions.Asynchronous | FileOptions.SequentialScan);

    private static async Task<UploadPlan?> PlanAsync(
        FileCommandOptions options, UploadDescription description, ServiceProvider provider, IAnsiConsole console, CancellationToken cancellationToken)
    {
        var request = new JsonObject { ["mapRemaining"] = options.MapRemaining, ["strictKlaviyo"] = options.StrictKlaviyo };
        var modifiedAt = options.ModifiedAt ?? description.ModifiedAt;
        if (modifiedAt is not null) request["modifiedAt"] = modifiedAt;
        if (options.DefaultCountry is { } country) request["phone"] = new JsonObject { ["defaultCountry"] = country };

        if (options.Subscribed.Count > 0 || options.Confirmation is not null)
        {
            request["allRowsSubscribed"] = new JsonObject
            {
                ["registers"] = new JsonArray([.. options.Subscribed.Select(register => (JsonNode)register)]),
                ["confirmation"] = options.Confirmation ?? "",
            };
        }

        var maps = new List<(string Column, string Target)>();
        foreach (var map in options.Maps)
        {
            var equals = map.LastIndexOf('=');
            if (equals <= 0 || equals == map.Length - 1)
            {
                await Console.Error.WriteLineAsync($"--map is '{map}'; it must be column=target, for example 'Mobile phone=phone_number'.");
                return null;
            }

            maps.Add((map[..equals], map[(equals + 1)..]));
        }

        var suggested = description.Fields
            .Where(field => !FieldPaths.IsCustom(field.Target) && field.Column != modifiedAt && !maps.Exists(map => map.Column == field.Column || map.Target == field.Target))
            .Select(field => (field.Column, field.Target));
        request["fields"] = new JsonArray([.. suggested.Concat(maps).Select(field => new JsonObject { ["column"] = field.Column, ["target"] = field.Target })]);

        var read = UploadPlanReader.Read(
            JsonSerializer.SerializeToElement(request), description, await provider.GetRequiredService<PropertyOwners>().GetTypesAsync(cancellationToken));
        foreach (var problem in read.Problems) await Console.Error.WriteLineAsync($"{problem.Code}: {problem.Message} {problem.Fix}");
        if (read.Plan is not { } plan) return null;

        console.WriteLine($"Columns: {string.Join(", ", plan.Definition.Fields.Select(field => $"{field.Column} → {field.Target}"))}");
        var unused = description.Columns.Except(plan.Definition.Fields.Select(field => field.Column)).Where(column => column != modifiedAt).ToList();
        if (unused.Count > 0) console.WriteLine($"Not imported: {string.Join(", ", unused)} (see --map and --map-remaining)");
        console.WriteLine(modifiedAt is null ? "No modified_at column: the first row of a person wins." : $"Rows are ordered by {modifiedAt}.");
        return plan;
    }

    private static async Task<int> DriveAsync(
        FileCommandOptions options, ServiceProvider provider, IAnsiConsole console, RunRecord run, UploadInput input, CancellationToken cancellationToken)
    {
        using var monitor = new RunMonitor(run);
        await using var cancelling = cancellationToken.Register(monitor.RequestCancel);
        await provider.GetRequiredService<UploadRuns>().ExecuteAsync(run, input, monitor, CancellationToken.None);

        var store = provider.GetRequiredService<IRunStore>();
        run = await store.GetAsync(run.Id, CancellationToken.None) ?? run;
        await ShowAsync(console, store, run, options.IsCheck);
        if (options.Errors is { } path)
        {
            await using var file = File.Create(path);
            await provider.GetRequiredService<ErrorFileWriter>().WriteAsync(run, file, ErrorFileContent.All, CancellationToken.None);
            console.WriteLine($"Wrote the rows with errors or warnings to {path}");
        }

        if (run.Status is not (RunStatus.Succeeded or RunStatus.SucceededWithRowErrors))
        {
            await Console.Error.WriteLineAsync(run.Failure is { } failure ? $"{failure.Code}: {failure.Message} {failure.Fix}" : $"The run ended as {run.Status}.");
            return Unreadable;
        }

        return run.Counts.Failed > 0 ? Refused : 0;
    }

    private static async Task ShowAsync(IAnsiConsole console, IRunStore store, RunRecord run, bool isCheck)
    {
        foreach (var notice in run.Notices) console.WriteLine($"{notice.Code}: {notice.Detail}");
        var counts = run.Counts;
        console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{run.Read} rows {(isCheck ? "checked" : "read")}: {counts.Created} created, {counts.Updated} updated, {counts.Unchanged} unchanged, {counts.Stale} stale, {counts.Duplicate} duplicate, {counts.Failed} failed, {counts.Suppressed} suppressed"));
        if (isCheck) console.WriteLine("Nothing was written.");

        var summary = await store.GetErrorSummaryAsync(run.Id, CancellationToken.None);
        if (summary.Count == 0) return;
        var table = new Table().AddColumn(new TableColumn("Rows").RightAligned()).AddColumn("Code").AddColumn("For example");
        foreach (var group in summary)
        {
            var examples = await store.GetErrorsAsync(run.Id, null, group.Code, ExamplesPerCode, CancellationToken.None);
            var lines = examples.Select(row => string.Create(
                CultureInfo.InvariantCulture, $"line {row.Line}: {row.Problems.First(entry => entry.Problem.Code == group.Code).Problem.Detail}"));
            table.AddRow(
                new Text(group.Rows.ToString(CultureInfo.InvariantCulture)),
                new Text($"{group.Code} ({group.Severity.ToString().ToLowerInvariant()})"),
                new Text(string.Join('\n', lines)));
        }

        console.Write(table);
    }

    /// <summary>A store for a check where there is none yet.</summary>
    private sealed class ScratchFolder : IDisposable
    {
        public string FullPath { get; } = Directory.CreateTempSubdirectory("warehouse-import-check-").FullName;

        public void Dispose() => Directory.Delete(FullPath, recursive: true);
    }
}
