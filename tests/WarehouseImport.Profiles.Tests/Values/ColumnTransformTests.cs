using WarehouseImport.Profiles.Values;

namespace WarehouseImport.Profiles.Tests.Values;

/// <summary>profile-import-rules 4.3.</summary>
public sealed class ColumnTransformTests
{
    [Theory]
    [InlineData(new string[0], " Ab ", " Ab ")]
    [InlineData(new[] { "trim" }, " Ab ", "Ab")]
    [InlineData(new[] { "lower" }, " AB ", " ab ")]
    [InlineData(new[] { "upper", "trim" }, " ab ", "AB")]
    [InlineData(new[] { "default:x: y" }, "  ", "x: y")]
    [InlineData(new[] { "default:x" }, null, "x")]
    [InlineData(new[] { "default:x" }, "a", "a")]
    [InlineData(new[] { "constant:" }, "a", "")]
    [InlineData(new[] { "constant:c", "upper" }, null, "c")]
    [InlineData(new[] { "trim" }, null, null)]
    public void Apply_Steps_ChangeTheCellBeforeParsing(string[] steps, string? cell, string? expected)
    {
        Assert.True(ColumnTransform.TryParse(steps, out var transform, out _));
        Assert.Equal(expected, transform.Apply(cell));
    }

    [Theory]
    [InlineData("shout")]
    [InlineData("Trim")]
    [InlineData("default")]
    public void TryParse_UnknownStep_NamesItAndWhatIsAllowed(string step)
    {
        Assert.False(ColumnTransform.TryParse([step], out _, out var error));
        Assert.Equal($"'{step}' is not a transform here; allowed are trim, lower or upper, default:VALUE and constant:VALUE.", error);
    }

    [Fact]
    public void TryParse_LowerAndUpper_ContradictEachOther()
    {
        Assert.False(ColumnTransform.TryParse(["lower", "upper"], out _, out _));
    }

    [Fact]
    public void ResultKind_Constant_IsText()
    {
        Assert.Equal(InputKind.Text, (ColumnTransform.None with { Constant = "1" }).ResultKind(InputKind.Integer));
        Assert.Equal(InputKind.Integer, ColumnTransform.None.ResultKind(InputKind.Integer));
    }
}
