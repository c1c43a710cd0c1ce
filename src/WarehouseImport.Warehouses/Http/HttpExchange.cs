using System.Net;
using System.Text.Json;

namespace WarehouseImport.Warehouses.Http;

/// <summary>One request that may be repeated, and how its answers are understood.</summary>
internal sealed class HttpExchange<T>
{
    /// <summary>For messages, as in "<c>Reading "X"."Y"</c> failed".</summary>
    public required string What { get; init; }

    /// <summary>Makes the message of an attempt; called anew for every attempt, after a token was refreshed too.</summary>
    public required Func<HttpAttempt, CancellationToken, ValueTask<HttpRequestMessage>> CreateAsync { get; init; }

    /// <summary>Says what a refusal (any status outside 200–299) means. A redirect is one: none is followed.</summary>
    public required Func<HttpRefusal, HttpVerdict> Classify { get; init; }

    /// <summary>
    /// Reads the body of an answer 200–299 to its end, decompressed. Called again from the start if the body breaks off or is damaged, so it keeps nothing outside its
    /// result. May throw <see cref="AnswerDamagedException"/> or <see cref="JsonException"/>, which repeat the request.
    /// </summary>
    public required Func<HttpStatusCode, Stream, CancellationToken, Task<T>> ReadAsync { get; init; }

    /// <summary>
    /// Keeps the bytes of the body as they came over the wire while it is read, so that a body can be checked to its end first and decoded later, piece by piece, without
    /// holding it decoded. <see cref="ReadAsync"/> then gets an <see cref="BodyStream"/> and takes them with <see cref="BodyStream.TakeStored"/>.
    /// </summary>
    public bool KeepsBody { get; init; }

    /// <summary>Gets a new token after <see cref="HttpVerdict.RefreshToken"/>; null if there is none to get.</summary>
    public Func<CancellationToken, Task>? RefreshTokenAsync { get; init; }

    /// <summary>Longest body after decompression; the network's own limit if null. A stated size lifts the limit on the ratio.</summary>
    public long? MaxBytes { get; init; }

    /// <summary>Shorter than the network's own limit where a person waits.</summary>
    public TimeSpan? MaxRetryTime { get; init; }

    /// <summary>In place of the network's own.</summary>
    public TimeSpan? AnswerTimeout { get; init; }
}

/// <param name="Number">0 for the first.</param>
/// <param name="MayHaveArrived">True if an earlier attempt may have been carried out although its answer was lost or was no clean refusal (H23).</param>
internal readonly record struct HttpAttempt(int Number, bool MayHaveArrived);

/// <summary>An answer outside 200–299 with the beginning of its body.</summary>
/// <param name="Body">At most 64 KiB of it as text; empty if there was none or it could not be read.</param>
internal sealed record HttpRefusal(HttpStatusCode Status, string Body, TimeSpan? RetryAfter)
{
    /// <summary>The body as JSON object, or null if it is none: proxies answer in HTML, and some refusals have no body.</summary>
    public JsonElement? Json { get; } = ParseObject(Body);

    /// <summary>A text or number at a path of properties, or null.</summary>
    public string? Text(params ReadOnlySpan<string> path)
    {
        if (Json is not { } element) return null;
        foreach (var name in path)
        {
            if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(name, out element)) return null;
        }

        return element.ValueKind switch
        {
            JsonValueKind.String => element.GetString(),
            JsonValueKind.Number => element.GetRawText(),
            _ => null,
        };
    }

    private static JsonElement? ParseObject(string body)
    {
        try
        {
            using var document = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = 32 });
            return document.RootElement.ValueKind == JsonValueKind.Object ? document.RootElement.Clone() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

internal enum HttpVerdictKind
{
    Retry,
    RefreshToken,
    GiveUp,
}

/// <summary>What to do about a refusal.</summary>
/// <param name="Failure">Thrown at once, when retries are used up, or when a refreshed token is refused too.</param>
/// <param name="Reason">One of <see cref="WarehouseRetryReasons"/>.</param>
/// <param name="MayHaveArrived">False if the service refused before it looked at the request.</param>
internal sealed record HttpVerdict(HttpVerdictKind Kind, WarehouseException Failure, string Reason, bool MayHaveArrived)
{
    public static HttpVerdict GiveUp(WarehouseException failure) => new(HttpVerdictKind.GiveUp, failure, "", false);

    public static HttpVerdict RefreshToken(WarehouseException failure) => new(HttpVerdictKind.RefreshToken, failure, WarehouseRetryReasons.TokenExpired, false);

    public static HttpVerdict Throttled(WarehouseException failure) => new(HttpVerdictKind.Retry, failure, WarehouseRetryReasons.Throttled, false);

    public static HttpVerdict Unavailable(WarehouseException failure) => new(HttpVerdictKind.Retry, failure, WarehouseRetryReasons.Unavailable, true);
}

/// <summary>The service answered 2xx, and the body is not what it promised: the request is repeated. The message never holds cells (S10).</summary>
internal sealed class AnswerDamagedException(string message, Exception? inner = null) : Exception(message, inner);
