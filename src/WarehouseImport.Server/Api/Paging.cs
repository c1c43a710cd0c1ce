using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace WarehouseImport.Server.Api;

/// <summary>Keyset paging, the same on every list.</summary>
/// <param name="Limit">Items of a page, 1–100; 20 if absent.</param>
/// <param name="After">The <c>next</c> of the page before.</param>
internal readonly record struct PageQuery([FromQuery(Name = "limit")] int? Limit = null, [FromQuery(Name = "after")] string? After = null)
{
    public const int DefaultLimit = 20;
    public const int MaximumLimit = 100;

    public int Size => Limit ?? DefaultLimit;

    /// <summary>Reads <c>after</c> by the list's own key; null means the beginning.</summary>
    /// <returns>Null if both parameters are good.</returns>
    public ProblemHttpResult? Check<TKey>(TryParse<TKey> parse, out TKey? after)
        where TKey : struct
    {
        after = null;
        if (Size is < 1 or > MaximumLimit)
            return ApiProblem.Of(StatusCodes.Status400BadRequest, "limit_out_of_range", $"'limit' is {Size}; allowed is 1 to {MaximumLimit}.");
        if (string.IsNullOrEmpty(After)) return null;
        if (!parse(After, out var key)) return ApiProblem.Of(StatusCodes.Status400BadRequest, "after_invalid", $"'after' is '{After}'; give the 'next' of the page before.");
        after = key;
        return null;
    }
}

internal delegate bool TryParse<TKey>(string text, out TKey key);

/// <summary>A page of a list.</summary>
/// <param name="Next">Give it as <c>after</c> for the next page; null on the last one.</param>
internal sealed record Page<T>(IReadOnlyList<T> Items, string? Next);

internal static class Pages
{
    /// <summary>Makes a page of up to <paramref name="limit"/> items from one more than that, which tells whether another page follows.</summary>
    public static Page<TItem> Of<TRecord, TItem>(IReadOnlyList<TRecord> records, int limit, Func<TRecord, TItem> item, Func<TRecord, string> key) =>
        new([.. records.Take(limit).Select(item)], records.Count > limit ? key(records[limit - 1]) : null);
}
