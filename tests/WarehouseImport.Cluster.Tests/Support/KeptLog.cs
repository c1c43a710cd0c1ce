using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace WarehouseImport.Cluster.Tests.Support;

/// <summary>Keeps what is logged, so that a failed assertion can say what the product said.</summary>
internal sealed class KeptLog : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<string> _lines = new();

    public ILogger CreateLogger(string categoryName) => this;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _lines.Enqueue($"{logLevel}: {formatter(state, exception)}{(exception is null ? "" : $"\n{exception}")}");

    public override string ToString() => string.Join('\n', _lines);

    public void Dispose()
    {
    }
}
