using CsCheck;
using WarehouseImport.Warehouses.Reading;

namespace WarehouseImport.Warehouses.Tests.Reading;

public sealed class ExactTextTests
{
    [Theory]
    [InlineData("2014-09-30 13:34:08", "2014-09-30T13:34:08")]
    [InlineData("2014-09-30 13:34:08.100", "2014-09-30T13:34:08.1")]
    [InlineData("2014-09-30 13:34:08.000", "2014-09-30T13:34:08")]
    [InlineData("2014-09-30 13:34:08.123456789", "2014-09-30T13:34:08.123456789")]
    [InlineData("infinity", "infinity")]
    [InlineData("0044-03-15 01:02:03 BC", "0044-03-15 01:02:03 BC")]
    [InlineData("0044-03-15 (BC) 01:02:03", "0044-03-15 (BC) 01:02:03")]
    [InlineData("12000-03-15 01:02:03", "12000-03-15 01:02:03")]
    public void Timestamp_ServersText_BecomesTheExactFormOrStays(string text, string expected) => Assert.Equal(expected, ExactText.Timestamp(text));

    [Theory]
    [InlineData("2014-09-30 13:34:08+00", "2014-09-30T13:34:08Z")]
    [InlineData("2014-09-30 13:34:08.50+00", "2014-09-30T13:34:08.5Z")]
    [InlineData("0044-03-15 01:02:03+00 BC", "0044-03-15 01:02:03+00 BC")]
    [InlineData("-infinity", "-infinity")]
    public void TimestampWithZone_ServersText_BecomesTheExactFormOrStays(string text, string expected) =>
        Assert.Equal(expected, ExactText.TimestampWithZone(text));

    [Theory]
    [InlineData(6, "2024-01-01T00:00:00.123456", "2024-01-01T00:00:00.123456", false)]
    [InlineData(6, "2024-01-01T00:00:00.123456000000", "2024-01-01T00:00:00.123456", false)]
    [InlineData(6, "2024-01-01T00:00:00.123456000001", "2024-01-01T00:00:00.123456", true)]
    [InlineData(0, "2024-01-01T00:00:00.5", "2024-01-01T00:00:00", true)]
    [InlineData(0, "2024-01-01T00:00:00.0", "2024-01-01T00:00:00", false)]
    [InlineData(9, "2024-01-01T00:00:00", "2024-01-01T00:00:00", false)]
    public void CursorBound_MoreDigitsThanTheColumn_AreCutAndSaidSo(int digits, string text, string expected, bool wasCut)
    {
        Assert.Equal(new CursorBound(expected, wasCut), CursorBound.Parse(ColumnKind.Timestamp, text, digits));
        Assert.Equal(new CursorBound(expected + "Z", wasCut), CursorBound.Parse(ColumnKind.TimestampWithZone, text + "Z", digits));
    }

    [Theory]
    [InlineData(ColumnKind.Timestamp, "2024-01-01T00:00:00Z")]
    [InlineData(ColumnKind.TimestampWithZone, "2024-01-01T00:00:00")]
    [InlineData(ColumnKind.Timestamp, "2024-01-01T00:00:00'; --")]
    [InlineData(ColumnKind.Date, "2024-01-01\n")]
    [InlineData(ColumnKind.Float, "1")]
    public void CursorBound_TextOfAnotherForm_IsTheCallersMistake(ColumnKind kind, string text) =>
        Assert.Throws<ArgumentException>(() => CursorBound.Parse(kind, text, 6));

    /// <summary>Law: for any end and any value the column can store, comparing with the cut end selects as comparing with the end itself.</summary>
    [Fact]
    public void CursorBound_CutEnd_SelectsTheSameValues()
    {
        var fraction = Gen.String[Gen.Char["0159"], 12, 12];

        Gen.Select(fraction, fraction, Gen.Int[1, 9]).Sample((end, stored, digits) =>
        {
            var value = "2024-01-01T00:00:00." + stored[..digits].PadRight(12, '0');
            var bound = CursorBound.Parse(ColumnKind.Timestamp, "2024-01-01T00:00:00." + end, digits);
            var cut = bound.Text.PadRight(32, '0');
            var atOrAfter = string.CompareOrdinal(value, cut) is var order && (bound.WasCut ? order > 0 : order >= 0);

            var exact = string.CompareOrdinal(value, "2024-01-01T00:00:00." + end);
            return atOrAfter == (exact >= 0) && (order <= 0) == (exact <= 0);
        });
    }
}
