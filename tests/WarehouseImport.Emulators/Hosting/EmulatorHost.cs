using System.Net;
using System.Text;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using WarehouseImport.Emulators.Faults;
using WarehouseImport.Emulators.Journal;

namespace WarehouseImport.Emulators.Hosting;

/// <summary>Kestrel on loopback in front of one emulated protocol: reads the request, keeps it, lets faults strike, sends the answer.</summary>
internal sealed class EmulatorHost : IAsyncDisposable
{
    private readonly WebApplication _app;

    private EmulatorHost(WebApplication app) => _app = app;

    public Uri Address => new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    /// <summary>Listens on a port; 0 for any free one.</summary>
    public static async Task<EmulatorHost> StartAsync(int port, Action<WebApplication> configure, Action<IServiceCollection>? services = null, HttpProtocols protocols = HttpProtocols.Http1)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(k =>
        {
            k.AddServerHeader = false;
            k.Limits.MaxRequestBodySize = 10 * 1024 * 1024;
            k.Listen(IPAddress.Loopback, port, l => l.Protocols = protocols);
        });
        builder.Services.AddRoutingCore();
        services?.Invoke(builder.Services);
        var app = builder.Build();
        configure(app);
        await app.StartAsync();
        return new EmulatorHost(app);
    }

    /// <summary>Serves one protocol with its journal and faults.</summary>
    public static Action<WebApplication> Serve(EmulatorCore core, Func<EmulatedRequest, Exchange, EmulatedResponse> handle, Action<EmulatedRequest, JournalEntry> describe) =>
        app => app.Run(context => HandleAsync(context, core, handle, describe));

    public Task WaitForShutdownAsync(CancellationToken cancellation) => _app.WaitForShutdownAsync(cancellation);

    public async ValueTask DisposeAsync()
    {
        // A stalled answer would hold the graceful stop for its whole time-out.
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    private static async Task HandleAsync(
        HttpContext context, EmulatorCore core, Func<EmulatedRequest, Exchange, EmulatedResponse> handle, Action<EmulatedRequest, JournalEntry> describe)
    {
        using var reader = new StreamReader(context.Request.Body, Encoding.UTF8);
        var body = await reader.ReadToEndAsync(context.RequestAborted);
        var request = new EmulatedRequest(context.Request.Method, context.Request.Path.Value ?? "/", context.Request.Query, context.Request.Headers, body);
        var entry = new JournalEntry(
            core.Journal.NextNumber(),
            core.Clock.GetUtcNow(),
            request.Method,
            request.Path,
            request.Query.ToDictionary(q => q.Key, q => q.Value.ToString(), StringComparer.Ordinal),
            request.Headers.Where(h => h.Key != "Authorization").ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase),
            body.Contains("assertion=", StringComparison.Ordinal) ? "" : body);
        describe(request, entry);
        core.Journal.Add(entry);
        var faults = core.Faults.Strike(entry);
        if (faults.Count > 0) entry.Fault = string.Join(", ", faults.Select(f => f.GetType().Name));
        try
        {
            foreach (var fault in faults)
            {
                if (fault is FaultAction.AdvanceClock advance) core.Clock.Advance(advance.Time);
                else if (fault is FaultAction.Run run) run.Change();
            }

            if (!await TryReplaceAsync(context, entry, faults, afterWork: false))
            {
                var response = handle(request, new Exchange(entry, faults));
                if (!await TryReplaceAsync(context, entry, faults, afterWork: true)) await SendAsync(context, response, entry, faults, core.Clock);
            }
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            entry.Fault ??= "the client went away";
        }
        catch (Exception exception) when (!context.Response.HasStarted)
        {
            // A mistake of the emulator itself must fail the test that meets it, so it counts as unknown.
            entry.UnknownSql = $"The emulator failed: {exception}";
            entry.Status = StatusCodes.Status500InternalServerError;
            context.Response.StatusCode = entry.Status;
            await context.Response.WriteAsync(entry.UnknownSql, context.RequestAborted);
        }
        finally
        {
            core.Journal.Changed(entry);
        }
    }

    private static async Task<bool> TryReplaceAsync(HttpContext context, JournalEntry entry, IReadOnlyList<FaultAction> faults, bool afterWork)
    {
        foreach (var fault in faults.Where(f => f.AfterWork == afterWork))
        {
            switch (fault)
            {
                case FaultAction.Reset:
                    context.Abort();
                    return true;
                case FaultAction.Respond respond:
                    entry.Status = respond.Status;
                    context.Response.StatusCode = respond.Status;
                    if (respond.RetryAfter is not null) context.Response.Headers.RetryAfter = respond.RetryAfter;
                    if (respond.Body is null) return true;
                    context.Response.ContentType = respond.Body.StartsWith('<') ? "text/html" : "application/json";
                    await context.Response.WriteAsync(respond.Body, context.RequestAborted);
                    return true;
            }
        }

        return false;
    }

    private static async Task SendAsync(HttpContext context, EmulatedResponse response, JournalEntry entry, IReadOnlyList<FaultAction> faults, TimeProvider clock)
    {
        var wire = response.Wire();
        entry.Status = response.Status;
        context.Response.StatusCode = response.Status;
        foreach (var (name, value) in response.Headers) context.Response.Headers[name] = value;
        if (response.IsGzip) context.Response.Headers.ContentEncoding = "gzip";
        if (wire.Length == 0) return;
        context.Response.ContentType = response.ContentType;
        var output = context.Response.BodyWriter;
        foreach (var fault in faults)
        {
            switch (fault)
            {
                case FaultAction.CutBody cut:
                    await output.WriteAsync(wire.AsMemory(0, (int)(wire.Length * cut.Fraction)), context.RequestAborted);
                    await output.FlushAsync(context.RequestAborted);
                    if (!cut.IsClean) context.Abort();
                    return;
                case FaultAction.Stall stall:
                    await output.WriteAsync(wire.AsMemory(0, (int)(wire.Length * stall.Fraction)), context.RequestAborted);
                    await output.FlushAsync(context.RequestAborted);
                    await context.RequestAborted.WhenCancelledAsync();
                    return;
                case FaultAction.Drip drip:
                    using (var pause = new PeriodicTimer(drip.Pause, clock))
                    {
                        for (var at = 0; at < wire.Length; at += drip.Bytes)
                        {
                            await output.WriteAsync(wire.AsMemory(at, Math.Min(drip.Bytes, wire.Length - at)), context.RequestAborted);
                            await output.FlushAsync(context.RequestAborted);
                            await pause.WaitForNextTickAsync(context.RequestAborted);
                        }
                    }

                    return;
            }
        }

        context.Response.Headers.ContentLength = wire.Length;
        await output.WriteAsync(wire, context.RequestAborted);
    }
}

/// <summary>What a handler may look at besides the request.</summary>
internal sealed record Exchange(JournalEntry Entry, IReadOnlyList<FaultAction> Faults)
{
    public FaultAction.WrongCounts? WrongCounts => Faults.OfType<FaultAction.WrongCounts>().FirstOrDefault();

    public FaultAction.FailStatement? FailStatement => Faults.OfType<FaultAction.FailStatement>().FirstOrDefault();
}
