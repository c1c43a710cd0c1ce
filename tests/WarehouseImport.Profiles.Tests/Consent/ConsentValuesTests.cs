using WarehouseImport.Profiles.Consent;
using WarehouseImport.Profiles.Problems;
using WarehouseImport.Profiles.Values;

namespace WarehouseImport.Profiles.Tests.Consent;

/// <summary>profile-import-rules 9.3, G14: accepted and rejected literals.</summary>
public sealed class ConsentValuesTests
{
    // 9.3
    [Theory]
    [InlineData(ConsentStatement.Subscribed, "Subscribe", "Subscribed", " SUBSCRIBED ", "true", "T", "Yes", "y", "1", "opted in", "OPTED_IN", "opted-in", "opt in", "OptIn")]
    [InlineData(ConsentStatement.Unsubscribed, "Unsubscribe", "Unsubscribed", "UNSUBSCRIBED", "opted out", "opted_out", "opt-out")]
    [InlineData(ConsentStatement.NeverSubscribed, "Never Subscribed", "never_subscribed", "NEVER-SUBSCRIBED", "never  subscribed", "NeverSubscribed", "none")]
    [InlineData(ConsentStatement.NoConsent, "false", "F", "No", "n", "0", " FALSE ")]
    public void TryParse_AcceptedText_IsTheStatement(ConsentStatement expected, params string[] cells)
    {
        Assert.All(cells, cell =>
        {
            Assert.True(ConsentValues.TryParse(cell, InputKind.Text, false, out var statement, out _), cell);
            Assert.Equal(expected, statement);
        });
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(" \t")]
    public void TryParse_NullOrBlank_MakesNoStatement(string? cell)
    {
        Assert.True(ConsentValues.TryParse(cell, InputKind.Text, false, out var statement, out _));
        Assert.Null(statement);
    }

    // A leading or trailing separator is no spelling difference: -1 must not become consent.
    [Theory]
    [InlineData("maybe")]
    [InlineData("-1")]
    [InlineData("_yes")]
    [InlineData("2")]
    [InlineData("1.0")]
    [InlineData("on")]
    [InlineData("oui")]
    [InlineData("sub scribed")]
    [InlineData("y e s")]
    [InlineData("Subscribed!")]
    [InlineData("null")]
    public void TryParse_AnythingElse_IsRefused(string cell)
    {
        Assert.False(ConsentValues.TryParse(cell, InputKind.Text, false, out var statement, out var error));
        Assert.Null(statement);
        Assert.Equal(ProblemCodes.ConsentValueInvalid, error.Code);
        Assert.Contains(cell, error.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("true", InputKind.Boolean, ConsentStatement.Subscribed)]
    [InlineData("false", InputKind.Boolean, ConsentStatement.NoConsent)]
    [InlineData("1", InputKind.Integer, ConsentStatement.Subscribed)]
    [InlineData("0", InputKind.Integer, ConsentStatement.NoConsent)]
    [InlineData("1.00", InputKind.Decimal, ConsentStatement.Subscribed)]
    [InlineData("0", InputKind.Float, ConsentStatement.NoConsent)]
    public void TryParse_NativeValue_IsTheStatementAlsoWhenStrict(string cell, InputKind kind, ConsentStatement expected)
    {
        Assert.True(ConsentValues.TryParse(cell, kind, strictKlaviyo: true, out var statement, out _));
        Assert.Equal(expected, statement);
    }

    [Theory]
    [InlineData("2", InputKind.Integer)]
    [InlineData("-1", InputKind.Integer)]
    [InlineData("0.5", InputKind.Decimal)]
    [InlineData("NaN", InputKind.Float)]
    public void TryParse_OtherNumber_IsRefused(string cell, InputKind kind)
    {
        Assert.False(ConsentValues.TryParse(cell, kind, false, out _, out var error));
        Assert.Equal(ProblemCodes.ConsentValueInvalid, error.Code);
    }

    [Theory]
    [InlineData("Subscribe", true)]
    [InlineData("unsubscribed", true)]
    [InlineData("Never Subscribed", true)]
    [InlineData("true", false)]
    [InlineData("opted in", false)]
    [InlineData("none", false)]
    [InlineData("no", false)]
    public void TryParse_StrictKlaviyo_TakesPublishedTextOnly(string cell, bool accepted)
    {
        Assert.Equal(accepted, ConsentValues.TryParse(cell, InputKind.Text, strictKlaviyo: true, out _, out _));
    }
}
