using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Npgsql;

namespace WarehouseImport.Testing;

/// <summary>A server started from local binaries on a loopback port, with a data folder of its own and durability turned off.</summary>
/// <remarks>
/// The server runs under a small shell that waits on its standard input. When this process ends, even by <c>kill -9</c>, the pipe closes, the shell
/// stops the server and removes its folder.
/// </remarks>
internal sealed class LocalPostgresServer
{
    private const string ReadyLine = "database system is ready to accept connections";

    private const string Guardian = """
        folder=$1; shift
        "$@" & server=$!
        cat > /dev/null
        kill -QUIT $server 2> /dev/null; wait $server
        rm -rf "$folder"
        """;

    private readonly Process _guardian;

    private LocalPostgresServer(Process guardian, string connectionString)
    {
        _guardian = guardian;
        ConnectionString = connectionString;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Stop();
    }

    public string ConnectionString { get; }

    /// <summary>The folder that holds <c>initdb</c> and <c>postgres</c>, the newest version first; null if there is none.</summary>
    public static string? FindBinaries()
    {
        if (OperatingSystem.IsWindows()) return null;
        var installed = Directory.Exists("/usr/lib/postgresql")
            ? Directory.GetDirectories("/usr/lib/postgresql")
                .OrderByDescending(folder => int.TryParse(Path.GetFileName(folder), out var version) ? version : 0)
                .Select(folder => Path.Combine(folder, "bin"))
            : [];
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        return installed.Concat(path).FirstOrDefault(folder => File.Exists(Path.Combine(folder, "initdb")) && File.Exists(Path.Combine(folder, "postgres")));
    }

    /// <exception cref="InvalidOperationException">With what the programs said.</exception>
    public static async Task<LocalPostgresServer> StartAsync(string binaries)
    {
        var folder = Directory.CreateTempSubdirectory("warehouseimport-pg-").FullName;
        try
        {
            // initdb and postgres refuse to run as root.
            string[] asUser = Environment.IsPrivilegedProcess ? await PrefixForUnprivilegedUserAsync(folder) : [];
            var password = Convert.ToHexString(RandomNumberGenerator.GetBytes(16));
            var data = Path.Combine(folder, "data");
            var passwordFile = Path.Combine(folder, "password");
            await RunAsync([.. asUser, "sh", "-c", "umask 077; cat > \"$1\"", "sh", passwordFile], folder, input: password);
            await RunAsync(
                [
                    .. asUser, Path.Combine(binaries, "initdb"), "-D", data, "-U", "postgres", "--no-locale", "-E", "UTF8", "--no-sync",
                    "--auth=scram-sha-256", $"--pwfile={passwordFile}",
                ],
                folder);

            // Another process can take the free port before the server binds it, hence a few tries.
            for (var attempt = 1; ; attempt++)
            {
                var port = FreePort();
                var (guardian, log) = await StartServerAsync(binaries, data, folder, asUser, port);
                if (guardian is not null)
                {
                    var builder = new NpgsqlConnectionStringBuilder
                    {
                        Host = "127.0.0.1",
                        Port = port,
                        Username = "postgres",
                        Password = password,
                        Database = "postgres",
                        SslMode = SslMode.Disable,
                    };
                    return new LocalPostgresServer(guardian, builder.ConnectionString);
                }

                if (attempt == 5) throw new InvalidOperationException($"postgres ended at once: {log}");
            }
        }
        catch (Exception failure)
        {
            Directory.Delete(folder, recursive: true);
            if (failure is System.ComponentModel.Win32Exception) throw new InvalidOperationException(failure.Message, failure);
            throw;
        }
    }

    private static async Task<(Process? Guardian, string Log)> StartServerAsync(string binaries, string data, string folder, string[] asUser, int port)
    {
        var guardian = Start(
            [
                .. asUser, "sh", "-c", Guardian, "sh", folder, Path.Combine(binaries, "postgres"), "-D", data, "-p", $"{port}",
                "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off", "-c", "full_page_writes=off",
                "-c", "synchronous_commit=off", "-c", "max_connections=300", "-c", "logging_collector=off", "-c", "log_destination=stderr",
            ],
            folder);
        var ready = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        var log = new List<string>();
        guardian.OutputDataReceived += (_, _) => { };
        guardian.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is null) return;
            if (!ready.Task.IsCompleted) log.Add(line.Data);
            if (line.Data.Contains(ReadyLine, StringComparison.Ordinal)) ready.TrySetResult(true);
            else if (line.Data.Contains("database system is shut down", StringComparison.Ordinal) || line.Data.Contains("FATAL:", StringComparison.Ordinal)) ready.TrySetResult(false);
        };
        guardian.Exited += (_, _) => ready.TrySetResult(false);
        guardian.EnableRaisingEvents = true;
        guardian.BeginErrorReadLine();
        guardian.BeginOutputReadLine();
        try
        {
            if (await ready.Task.WaitAsync(TimeSpan.FromSeconds(60))) return (guardian, "");
        }
        catch (TimeoutException)
        {
            log.Add("no answer within 60 s");
        }

        // Not through the pipe: the guardian would remove the folder that the next attempt needs.
        guardian.Kill(entireProcessTree: true);
        return (null, string.Join(" | ", log));
    }

    private void Stop()
    {
        _guardian.StandardInput.Close();
        _guardian.WaitForExit(TimeSpan.FromSeconds(10));
    }

    private static async Task<string[]> PrefixForUnprivilegedUserAsync(string folder)
    {
        var users = await File.ReadAllLinesAsync("/etc/passwd");
        var user = new[] { "postgres", "nobody" }.FirstOrDefault(name => users.Any(line => line.StartsWith(name + ":", StringComparison.Ordinal)))
            ?? throw new InvalidOperationException("running as root, and there is neither a user 'postgres' nor 'nobody' to run the server as");
        await RunAsync(["chown", user, folder], folder);

        var identity = users.First(line => line.StartsWith(user + ":", StringComparison.Ordinal)).Split(':');
        string[][] ways =
        [
            ["setpriv", $"--reuid={identity[2]}", $"--regid={identity[3]}", "--clear-groups"],
            ["runuser", "-u", user, "--"],
            ["su", "-s", "/bin/sh", user, "-c", "exec \"$0\" \"$@\"", "--"],
        ];
        var failures = new List<string>();
        foreach (var way in ways)
        {
            try
            {
                await RunAsync([.. way, "true"], folder);
                return way;
            }
            catch (Exception failure) when (failure is InvalidOperationException or System.ComponentModel.Win32Exception)
            {
                failures.Add(failure.Message);
            }
        }

        throw new InvalidOperationException($"running as root, and no way to become '{user}' works: {string.Join("; ", failures)}");
    }

    private static async Task RunAsync(string[] command, string folder, string? input = null)
    {
        using var process = Start(command, folder);
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEndAsync();
        if (input is not null) await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{command[0]} ended with {process.ExitCode}: {await errors} {await output}");
    }

    private static Process Start(string[] command, string folder)
    {
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["LC_ALL"] = "C";
        return Process.Start(start) ?? throw new InvalidOperationException($"{command[0]} did not start.");
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
