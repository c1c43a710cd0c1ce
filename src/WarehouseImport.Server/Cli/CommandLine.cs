using System.CommandLine;
using Microsoft.Extensions.Options;
using WarehouseImport.Server.Demo;
using WarehouseImport.Storage;

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
            return await Create().Parse(arguments).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null, EnableDefaultExceptionHandler = false });
        }
        catch (Exception exception) when (exception is StorageException or OptionsValidationException or InvalidOperationException or IOException)
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
        return root;
    }

    private static Command CreateDemo()
    {
        var exit = new Option<bool>("--exit") { Description = "End after the report; the exit code is 0 only if every count is right" };
        var data = new Option<string>("--data") { Description = "Folder of the demo; an earlier demo in it is removed", DefaultValueFactory = static _ => "./demo-data" };
        var urls = new Option<string?>("--urls") { Description = "Address to serve on; http://127.0.0.1:8080 if not given, a free port with --exit" };
        var demo = new Command("demo", "Make a sample warehouse, import it, change it, import again, and show what happened") { exit, data, urls };
        demo.SetAction((result, cancellation) => DemoCommand.RunAsync(
            new DemoOptions(result.GetRequiredValue(data), result.GetValue(exit), result.GetValue(urls)), cancellation));
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
                await Console.Error.WriteLineAsync($"'{stray}' is neither a command nor a setting; use serve, demo or migrate. {Settings}");
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
