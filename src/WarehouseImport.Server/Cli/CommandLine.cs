using System.CommandLine;
using Microsoft.Extensions.Options;
using WarehouseImport.Server.Demo;
using WarehouseImport.Storage;
using WarehouseImport.Syncs.Uploads;

namespace WarehouseImport.Server.Cli;

/// <summary>The program's commands. Without one it serves.</summary>
internal static class CommandLine
{
    private const string Settings = "Settings are given as --Section:Name value, as environment variables (Section__Name) or in appsettings.json.";

    public static async Task<int> InvokeAsync(string[] arguments)
    {
        try
        {
            // The host listens to the signals itself and finishes what it is applying.
            var parsed = Create().Parse(arguments);
            var code = await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null, EnableDefaultExceptionHandler = false });
            return parsed.Errors.Count > 0 ? FileCommand.Usage : code;
        }
        catch (Exception exception) when (exception is StorageException or OptionsValidationException or InvalidOperationException or IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync(exception.Message);
            return 1;
        }
    }

    private static RootCommand Create()
    {
        var root = new RootCommand($"Imports customer profiles from data warehouses. Serves the API if no command is given. {Settings}");
        PassSettings(root, ServeCommand.RunAsync);
        root.Add(PassSettings(new Command("serve", $"Serve the API (the default). {Settings}"), ServeCommand.RunAsync));
        root.Add(CreateDemo());
        root.Add(PassSettings(new Command("migrate", $"Bring the database's schema up to date and end. {Settings}"), MigrateCommand.RunAsync));
        root.Add(CreateFileCommand("check", "Validate a CSV file as its import would, and write nothing", isCheck: true));
        root.Add(CreateFileCommand("import", "Import a CSV file into the embedded store", isCheck: false));
        return root;
    }

    private static Command CreateFileCommand(string name, string description, bool isCheck)
    {
        var file = new Argument<string>("file") { Description = "The CSV file; its columns are mapped by their headers" };
        var errors = new Option<string?>("--errors") { Description = "Write the rows with errors or warnings to this file; mended, it can be imported as it is" };
        var map = new Option<string[]>("--map") { Description = "column=target, for example 'Mobile phone=phone_number' or 'Plan=properties.plan'", AllowMultipleArgumentsPerToken = true };
        var remaining = new Option<bool>("--map-remaining") { Description = "Import every remaining column as a custom property" };
        var modifiedAt = new Option<string?>("--modified-at") { Description = "Column that says when a row was changed; found by its name if not given" };
        var country = new Option<string?>("--default-country") { Description = "Country of phone numbers without + in rows without a country" };
        var strict = new Option<bool>("--strict-klaviyo") { Description = "Accept only what Klaviyo's CSV page accepts" };
        var subscribed = new Option<string[]>("--all-subscribed")
        {
            Description = "State that every row subscribes to email.marketing, sms.marketing or sms.transactional; needs --confirmation",
            AllowMultipleArgumentsPerToken = true,
        };
        var confirmation = new Option<string?>("--confirmation") { Description = "How these people consented, in a sentence that is kept with the import" };
        var data = new Option<string>("--data") { Description = "Folder of the embedded store", DefaultValueFactory = static _ => "./data" };
        var maxBytes = new Option<long>("--max-bytes") { Description = "Largest file", DefaultValueFactory = static _ => new UploadOptions().MaxBytes };
        var command = new Command(name, $"{description}. Exit codes: 0 nothing refused, 3 some rows refused, 2 usage, 1 the file could not be read")
        {
            file, errors, map, remaining, modifiedAt, country, strict, subscribed, confirmation, data, maxBytes,
        };
        command.SetAction((result, cancellation) => FileCommand.RunAsync(
            new FileCommandOptions(
                result.GetRequiredValue(file),
                isCheck,
                result.GetValue(errors),
                result.GetValue(map) ?? [],
                result.GetValue(remaining),
                result.GetValue(modifiedAt),
                result.GetValue(country),
                result.GetValue(strict),
                result.GetValue(subscribed) ?? [],
                result.GetValue(confirmation),
                result.GetRequiredValue(data),
                result.GetValue(maxBytes)),
            cancellation));
        return command;
    }

    private static Command CreateDemo()
    {
        var exit = new Option<bool>("--exit") { Description = "End after the report; the exit code is 0 only if every count is right" };
        var data = new Option<string>("--data") { Description = "Folder of the demo; an earlier demo in it is removed", DefaultValueFactory = static _ => "./demo-data" };
        var urls = new Option<string?>("--urls") { Description = "Address to serve on; http://127.0.0.1:8080 if not given, a free port with --exit" };
        var warehouse = new Option<string>("--warehouse")
        {
            Description = "Read the sample as a file (duckdb), or from an emulator of snowflake or bigquery that serves it; the emulators are in the source tree",
            DefaultValueFactory = static _ => DemoWarehouse.DuckDb,
        };
        warehouse.AcceptOnlyFromAmong(DemoWarehouse.DuckDb, DemoWarehouse.Snowflake, DemoWarehouse.BigQuery);
        var demo = new Command("demo", "Make a sample warehouse, import it, change it, import again, and show what happened") { exit, data, urls, warehouse };
        demo.SetAction((result, cancellation) => DemoCommand.RunAsync(
            new DemoOptions(result.GetRequiredValue(data), result.GetValue(exit), result.GetValue(urls), result.GetRequiredValue(warehouse)), cancellation));
        return demo;
    }

    /// <summary>Settings pass through to the host; a word that is neither a setting nor a command is most likely a misspelt command.</summary>
    private static Command PassSettings(Command command, Func<string[], CancellationToken, Task<int>> run)
    {
        command.TreatUnmatchedTokensAsErrors = false;
        command.SetAction(async (result, cancellation) =>
        {
            if (Stray(result.UnmatchedTokens) is { } stray)
            {
                await Console.Error.WriteLineAsync($"'{stray}' is neither a command nor a setting; use serve, demo, migrate, check or import. {Settings}");
                return 1;
            }

            return await run([.. result.UnmatchedTokens], cancellation);
        });
        return command;
    }

    private static string? Stray(IReadOnlyList<string> words)
    {
        var isValue = false;
        foreach (var word in words)
        {
            if (word.StartsWith("--", StringComparison.Ordinal)) isValue = !word.Contains('=', StringComparison.Ordinal);
            else if (isValue) isValue = false;
            else return word;
        }

        return null;
    }
}
