using System.CommandLine;
using WarehouseImport.Emulators.BigQuery;
using WarehouseImport.Emulators.Hosting;
using WarehouseImport.Emulators.Snowflake;

namespace WarehouseImport.Emulators.Cli;

/// <summary>Starts one emulator and tells a person what to type where.</summary>
internal static class EmulatorCommands
{
    public static RootCommand Create() => new("Emulators of warehouse services over DuckDB, for trying and testing the product without an account.") { Snowflake(), BigQuery() };

    private static Command Snowflake()
    {
        var (port, controlPort, auth, data) = Common(8471);
        var command = new Command("snowflake", "Snowflake's SQL API v2") { port, controlPort, auth, data };
        command.SetAction(async (result, cancellation) =>
        {
            await using var server = await SnowflakeEmulator.StartAsync(new SnowflakeEmulatorOptions
            {
                Port = result.GetValue(port),
                ControlPort = result.GetValue(controlPort),
                ChecksAuthentication = result.GetValue(auth) != "off",
            });
            server.Database("DEMO");
            if (result.GetValue(data) is { } file) server.LoadFile(file);
            var names = server.Options;
            await Console.Out.WriteLineAsync(
                $"""
                 Snowflake emulator
                   Base URL    {server.BaseAddress}
                   Account     {names.Account}
                   User        {names.UserName}
                   Role        {names.RoleName}
                   Warehouse   {names.WarehouseName}
                   Database    DEMO{Listing(server.Catalogue.Databases)}
                   Control     {server.ControlAddress}__control/journal
                 {(names.ChecksAuthentication
                     ? $"Register a public key (PEM) for key-pair sign-in:\n  jq -n --rawfile k rsa_key.pub '{{publicKey: $k}}' | curl -sH 'Content-Type: application/json' -d @- {server.ControlAddress}__control/keys"
                     : "Sign-in is off: any bearer token of the right form is accepted.")}
                 Ctrl+C ends it.
                 """);
            await cancellation.WhenCancelledAsync();
        });
        return command;
    }

    private static Command BigQuery()
    {
        var (port, controlPort, auth, data) = Common(8473);
        var keyFile = new Option<string?>("--key-file") { Description = "Write a service account key file for this emulator here" };
        var command = new Command("bigquery", "BigQuery's REST interface v2 and Google's token endpoint") { port, controlPort, auth, data, keyFile };
        command.SetAction(async (result, cancellation) =>
        {
            await using var server = await BigQueryEmulator.StartAsync(new BigQueryEmulatorOptions
            {
                Port = result.GetValue(port),
                ControlPort = result.GetValue(controlPort),
                ChecksAuthentication = result.GetValue(auth) != "off",
            });
            if (result.GetValue(data) is { } file) server.LoadFile(file);
            if (result.GetValue(keyFile) is { } path) await File.WriteAllTextAsync(path, server.Authentication.CreateKeyFile(server.TokenUri), cancellation);
            var names = server.Options;
            await Console.Out.WriteLineAsync(
                $"""
                 BigQuery emulator
                   Base URL    {server.BaseAddress}bigquery/v2/
                   Token URL   {server.TokenUri}
                   Project     {names.ProjectId}
                   Account     {names.ServiceAccount}
                   Location    {names.Location}
                   Datasets{Listing(server.Catalogue.Databases)}
                   Control     {server.ControlAddress}__control/journal
                 {(names.ChecksAuthentication
                     ? "Sign in with a service account key file: --key-file FILE writes one for this emulator."
                     : "Sign-in is off: any bearer token is accepted, and the token endpoint gives one for any assertion.")}
                 Ctrl+C ends it.
                 """);
            await cancellation.WhenCancelledAsync();
        });
        return command;
    }

    private static (Option<int> Port, Option<int> ControlPort, Option<string> Auth, Option<string?> Data) Common(int port)
    {
        var auth = new Option<string>("--auth") { Description = "on: tokens are verified; off: any bearer of the right form", DefaultValueFactory = static _ => "on" };
        auth.AcceptOnlyFromAmong("on", "off");
        return (
            new Option<int>("--port") { Description = "Port on 127.0.0.1; 0 for a free one", DefaultValueFactory = _ => port },
            new Option<int>("--control-port") { Description = "Port of the control interface; 0 for a free one", DefaultValueFactory = static _ => 0 },
            auth,
            new Option<string?>("--data") { Description = "A DuckDB file whose tables are served" });
    }

    private static string Listing(IEnumerable<Engine.Catalogue.EmulatedDatabase> databases) =>
        string.Concat(databases.SelectMany(d => d.Schemas).SelectMany(s => s.Tables.Select(t => $"\n                {s.Name}.{t.Name}")));
}
