using CsCheck;
using WarehouseImport.Profiles.Identifiers;
using WarehouseImport.Syncs.Runs;
using WarehouseImport.Warehouses;

namespace WarehouseImport.Syncs.Tests.Runs;

public sealed class RunPartsTests
{
    [Fact]
    public void PagePayload_AnyPage_RoundTrips() => Gen.Select(Gen.Int[0, 20], Gen.Int[0, 4], Gen.Int).Sample(test =>
    {
        var (rows, columns, seed) = test;
        var random = new Random(seed);
        string?[] cells = [null, "", "a", "Zoë", "\0", "𝒳 line\r\nbreak", new string('x', 40_000)];
        var page = new RunPage(
            new RowPage(7, [.. Enumerable.Range(0, rows).Select(row => $"c{row / 2}")], [.. Enumerable.Range(0, columns).Select(_ => Enumerable.Range(0, rows).Select(_ => cells[random.Next(cells.Length)]).ToArray())]),
            [.. Enumerable.Range(0, rows).Select(_ => random.Next(2) == 0)]);

        var decoded = PagePayload.Decode(7, PagePayload.Encode(page));

        Assert.Equal(7, decoded.Number);
        Assert.Equal(page.Skipped, decoded.Skipped);
        Assert.Equal(page.Rows.Cursor, decoded.Rows.Cursor);
        Assert.Equal(page.Rows.Columns, decoded.Rows.Columns);
    });

    [Fact]
    public void PagePayload_UnknownFormat_NamesTheFormats()
    {
        var payload = PagePayload.Encode(new RunPage(new RowPage(0, ["c"], []), [false]));
        payload[0] = 9;

        var exception = Assert.Throws<InvalidDataException>(() => PagePayload.Decode(3, payload));

        Assert.Equal("Page 3 is stored in format 9; this version reads format 1.", exception.Message);
    }

    [Theory]
    [InlineData(null, "x", "", "x")]
    [InlineData("ab", "c", "a", "bc")]
    [InlineData("a", null, null, "a")]
    [InlineData("a", "b", "b", "a")]
    public void RowDigester_DifferentCells_DifferentDigests(string? left1, string? left2, string? right1, string? right2)
    {
        var digester = new RowDigester();

        var left = digester.Digest(new RowPage(0, ["t"], [[left1], [left2]]), 0);
        var right = digester.Digest(new RowPage(0, ["t"], [[right1], [right2]]), 0);

        Assert.NotEqual(left, right);
    }

    [Fact]
    public void RowDigester_OtherCursor_OtherDigest()
    {
        var digester = new RowDigester();
        var page = new RowPage(0, ["t", "u", "t"], [["a", "a", "a"]]);

        Assert.NotEqual(digester.Digest(page, 0), digester.Digest(page, 1));
        Assert.Equal(digester.Digest(page, 0), digester.Digest(page, 2));
    }

    // A resumed run of a newer version must route its pages to the same partitions: these numbers may never change.
    [Theory]
    [InlineData(IdentifierKind.Email, "ann@example.com", 64, 12)]
    [InlineData(IdentifierKind.ExternalId, "ann@example.com", 64, 35)]
    public void PartitionOf_KnownIdentifier_IsStable(IdentifierKind kind, string value, int partitions, int expected)
    {
        var partition = PageApplier.PartitionOf(new Identifier(kind, value), partitions);

        Assert.Equal(expected, partition);
    }

    [Fact]
    public void PartitionOf_ManyIdentifiers_SpreadsEvenly()
    {
        var sizes = Enumerable.Range(0, 64_000).CountBy(id => PageApplier.PartitionOf(new Identifier(IdentifierKind.ExternalId, $"customer-{id}"), 64)).ToList();

        Assert.Equal(64, sizes.Count);
        Assert.All(sizes, size => Assert.InRange(size.Value, 850, 1150));
    }

    [Theory]
    [InlineData(1, 48, 72)]
    [InlineData(2, 96, 144)]
    [InlineData(5, 768, 1152)]
    [InlineData(7, 2880, 4320)]
    [InlineData(29, 2880, 4320)]
    public void RetryAt_Failures_DoublesUpToTheLongestWithSpread(int failures, int leastSeconds, int greatestSeconds)
    {
        var at = DateTimeOffset.UnixEpoch;
        var options = new RunEngineOptions();

        var delays = Enumerable.Range(0, 200).Select(_ => (RunBackoff.RetryAt(options, failures, Guid.NewGuid(), at) - at).TotalSeconds).ToList();

        Assert.All(delays, delay => Assert.InRange(delay, leastSeconds, greatestSeconds));
        Assert.True(delays.Distinct().Count() > 10);
    }

    [Fact]
    public void Validate_OutOfRange_ListsEverySetting()
    {
        var options = new RunEngineOptions { PageRows = 0, RetryPeriod = TimeSpan.FromSeconds(5) };

        var result = new RunEngineOptionsValidator().Validate(null, options);

        Assert.Equal(
            ["Runs:PageRows is 0; it must be between 1 and 100000.", "Runs:RetryPeriod is 00:00:05; it must be between 00:01:00 and 01:00:00."],
            result.Failures);
    }
}
