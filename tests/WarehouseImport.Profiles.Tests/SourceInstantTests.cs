using CsCheck;

namespace WarehouseImport.Profiles.Tests;

/// <summary>guarantees G6 and H7: instants with 12 digits, years 1–9999.</summary>
public sealed class SourceInstantTests
{
    private static Gen<SourceInstant> Instants { get; } =
        from seconds in Gen.OneOf(
            Gen.Long[SourceInstant.MinValue.Seconds, SourceInstant.MaxValue.Seconds],
            Gen.Long[-3, 3],
            Gen.Long[SourceInstant.MinValue.Seconds, SourceInstant.MinValue.Seconds + 1],
            Gen.Long[SourceInstant.MaxValue.Seconds - 1, SourceInstant.MaxValue.Seconds])
        from digits in Gen.Int[0, 12]
        from fraction in Gen.Long[0, 999_999_999_999]
        let unit = (long)Math.Pow(10, 12 - digits)
        select new SourceInstant(seconds, fraction / unit * unit);

    [Fact]
    public void ToString_AnyInstant_ReadsBack()
    {
        Instants.Sample(instant =>
        {
            Assert.Equal(instant, SourceInstant.Parse(instant.ToString()));
            Assert.Equal(instant, SourceInstant.Parse(instant.ToStorageString()));
            Assert.Equal(33, instant.ToStorageString().Length);
        }, iter: 100_000);
    }

    [Fact]
    public void ToStorageString_AnyTwoInstants_SortLikeThem()
    {
        Gen.Select(Instants, Instants).Sample((left, right) =>
            Assert.Equal(Math.Sign(left.CompareTo(right)), Math.Sign(string.CompareOrdinal(left.ToStorageString(), right.ToStorageString()))), iter: 100_000);
    }

    [Fact]
    public void ToString_LastDigitApart_IsDifferentAndOrdered()
    {
        Instants.Where(instant => instant < SourceInstant.MaxValue).Sample(instant =>
        {
            var next = instant.Picoseconds == 999_999_999_999
                ? new SourceInstant(instant.Seconds + 1, 0)
                : new SourceInstant(instant.Seconds, instant.Picoseconds + 1);

            Assert.True(instant < next);
            Assert.True(string.CompareOrdinal(instant.ToStorageString(), next.ToStorageString()) < 0);
            Assert.NotEqual(instant.ToString(), next.ToString());
        }, iter: 100_000);
    }

    [Theory]
    [InlineData(0, 0, "1970-01-01T00:00:00Z")]
    [InlineData(-1, 999_999_999_999, "1969-12-31T23:59:59.999999999999Z")]
    [InlineData(-62_135_596_800, 0, "0001-01-01T00:00:00Z")]
    [InlineData(-62_135_596_800, 1, "0001-01-01T00:00:00.000000000001Z")]
    [InlineData(253_402_300_799, 999_999_999_999, "9999-12-31T23:59:59.999999999999Z")]
    [InlineData(1_412_098_448, 100_000_000_000, "2014-09-30T17:34:08.1Z")]
    public void ToString_KnownInstant_IsExact(long seconds, long picoseconds, string expected)
    {
        Assert.Equal(expected, new SourceInstant(seconds, picoseconds).ToString());
    }

    [Theory]
    [InlineData(-62_135_596_801, 0)]
    [InlineData(253_402_300_800, 0)]
    [InlineData(0, -1)]
    [InlineData(0, 1_000_000_000_000)]
    public void Constructor_OutOfRange_IsRefused(long seconds, long picoseconds)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new SourceInstant(seconds, picoseconds));
    }

    [Theory]
    [InlineData("")]
    [InlineData("2014-09-30T13:34:08")]
    [InlineData("2014-09-30 13:34:08Z")]
    [InlineData("2014-02-30T13:34:08Z")]
    [InlineData("2014-09-30T13:34:60Z")]
    [InlineData("2014-09-30T13:34:08.Z")]
    [InlineData("2014-09-30T13:34:08.1234567890123Z")]
    [InlineData("0000-09-30T13:34:08Z")]
    public void TryParse_OtherForm_IsFalse(string text)
    {
        Assert.False(SourceInstant.TryParse(text, out _));
    }

    [Fact]
    public void FromDateTimeOffset_ClockReading_IsExact()
    {
        Gen.DateTimeOffset.Sample(value =>
            Assert.Equal(value.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff", System.Globalization.CultureInfo.InvariantCulture) + "00000Z", SourceInstant.FromDateTimeOffset(value).ToStorageString()));
    }

    [Fact]
    public void AddClamped_SpanThereAndBack_ReturnsUnlessClamped()
    {
        Gen.Select(Instants, Gen.Long[-10_000_000_000_000, 10_000_000_000_000]).Sample((instant, ticks) =>
        {
            var moved = instant.AddClamped(new TimeSpan(ticks));

            Assert.Equal(ticks.CompareTo(0), moved == SourceInstant.MinValue || moved == SourceInstant.MaxValue ? ticks.CompareTo(0) : moved.CompareTo(instant));
            if (moved != SourceInstant.MinValue && moved != SourceInstant.MaxValue) Assert.Equal(instant, moved.AddClamped(new TimeSpan(-ticks)));
        });
    }
}
