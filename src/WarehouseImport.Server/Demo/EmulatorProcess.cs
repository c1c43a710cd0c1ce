using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace WarehouseImport.Server.Demo;

/// <summary>The demo cannot go on; the message says why and what to do.</summary>
internal sealed class DemoException(string message) : InvalidOperationException(message);

/// <summary>
/// An emulator of a warehouse service as a process of its own on free loopback ports, started from the source tree: emulators are for trying and testing, so they are
/// no part of the product.
/// </summary>
internal sealed partial class EmulatorProcess : IAsyncDisposable
{
    private const string Project = "tests/WarehouseImport.Emulators";
    private const string ControlFact = "Control";

    private readonly Process _process;
    private readonly string _sample;
    private readonly HttpClient _http = new();
    private readonly ConcurrentDictionary<string, string> _facts = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _output = new();
    private readonly TaskCompletionSource _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private EmulatorProcess(Process process, string sample)
    {
        _process = process;
        _sample = sample;
        process.OutputDataReceived += (_, line) => Hear(line.Data);
        process.ErrorDataReceived += (_, line) => Hear(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <exception cref="DemoException">There is no source tree around this program, or the emulator ended at once.</exception>
    public static async Task<EmulatorProcess> StartAsync(string kind, DemoFolder folder, IEnumerable<string> more, CancellationToken cancellationToken)
    {
        var project = Path.Combine(SourceTree(kind), Project);
        string[] arguments = ["run", "--project", project, "--", kind, "--port", "0", "--control-port", "0", "--data", folder.Warehouse, .. more];
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        var emulator = new EmulatorProcess(Process.Start(start) ?? throw new DemoException($"The emulator of {kind} did not start."), folder.Warehouse);
        try
        {
            await Task.WhenAny(emulator._listening.Task, emulator._process.WaitForExitAsync(cancellationToken));
            cancellationToken.ThrowIfCancellationRequested();
            if (!emulator._listening.Task.IsCompleted) throw new DemoException($"The emulator of {kind} ended before it listened:\n{string.Join('\n', emulator._output)}");
            return emulator;
        }
        catch
        {
            await emulator.DisposeAsync();
            throw;
        }
    }

    /// <summary>What the emulator said of itself when it started: <c>Base URL</c>, <c>Account</c> and so on.</summary>
    public string Fact(string name) =>
        _facts.TryGetValue(name, out var value) ? value : throw new DemoException($"The emulator did not say its '{name}':\n{string.Join('\n', _output)}");

    public async Task ControlAsync(string path, JsonObject body, CancellationToken cancellationToken)
    {
        var control = new Uri(Fact(ControlFact));
        using var response = await _http.PostAsJsonAsync(new Uri(control, $"/__control/{path}"), body, cancellationToken);
        if (!response.IsSuccessStatusCode)
            throw new DemoException($"The emulator refused '{path}': {(int)response.StatusCode} {await response.Content.ReadAsStringAsync(cancellationToken)}");
    }

    /// <summary>Has the emulator read the sample file again.</summary>
    public Task ReloadAsync(CancellationToken cancellationToken) => ControlAsync("load", new JsonObject { ["file"] = _sample }, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync(CancellationToken.None);
        }

        _process.Dispose();
    }

    private static string SourceTree(string kind)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (Directory.Exists(Path.Combine(folder.FullName, Project))) return folder.FullName;
        }

        throw new DemoException($"'demo --warehouse {kind}' needs the emulators, which are in the source tree and not beside this program. Clone the repository and run the demo there.");
    }

    private void Hear(string? line)
    {
        if (line is null) return;
        _output.Enqueue(line);
        if (FactLine().Match(line) is not { Success: true } fact) return;
        _facts[fact.Groups["name"].Value] = fact.Groups["value"].Value;
        // The control address is the last fact the emulator tells.
        if (fact.Groups["name"].Value == ControlFact) _listening.TrySetResult();
    }

    [GeneratedRegex(@"^  (?<name>[A-Z]\w+(?: URL)?) {2,}(?<value>\S+)$")]
    private static partial Regex FactLine();
}
