using WarehouseImport.Profiles.Consent;
using WarehouseImport.Profiles.Problems;
using WarehouseImport.Profiles.Values;

namespace WarehouseImport.Profiles.Tests.Consent;

/// <summary>profile-import-rules 9.1, 9.2, 9.6.</summary>
public sealed class ConsentColumnsTests
{
    // 9.2
    [Theory]
    [InlineData("consent.email.marketing", "Email Marketing Consent", "Email Consent", "accepts_email_marketing")]
    [InlineData("consent.email.marketing.timestamp", "Email Marketing Consent Timestamp", "Email Consent Timestamp")]
    [InlineData("consent.sms.marketing", "SMS Marketing Consent", "sms-consent", "Accepts SMS Marketing")]
    [InlineData("consent.sms.marketing.timestamp", "SMS Marketing Timestamp", "SMS Consent Timestamp", "SMS Marketing Consent Timestamp")]
    [InlineData("consent.sms.transactional", "SMS Transactional Consent")]
    [InlineData("consent.sms.transactional.timestamp", "SMS Transactional Timestamp", "SMS Transactional Consent Timestamp")]
    [InlineData("suppression", "Suppressed")]
    [InlineData("suppression.reason", "Suppression Reason")]
    public void TrySuggest_ColumnName_IsTheTarget(string path, params string[] names)
    {
        Assert.All(names, name =>
        {
            Assert.True(ConsentColumns.TrySuggest(name, out var column), name);
            Assert.Equal(path, column.Path);
        });
    }

    [Theory]
    [InlineData("Consent")]
    [InlineData("$consent")]
    [InlineData("Email")]
    [InlineData("WhatsApp Marketing Consent")]
    public void TrySuggest_FormerListFormatOrOtherColumn_IsNotSuggested(string name)
    {
        Assert.False(ConsentColumns.TrySuggest(name, out _));
    }

    // 9.1
    [Theory]
    [InlineData("consent.whatsapp.marketing")]
    [InlineData("consent.whatsapp.transactional")]
    [InlineData("consent.push.marketing")]
    public void Check_ReservedRegister_IsUnsupported(string path)
    {
        Assert.Equal(ProblemCodes.ConsentChannelUnsupported, ConsentColumns.Check(path, InputKind.Text)!.Code);
        Assert.False(ConsentRegisterKinds.TryParse(path, out _, out var error));
        Assert.Equal(ProblemCodes.ConsentChannelUnsupported, error.Code);
    }

    [Theory]
    [InlineData("consent.email.marketing", InputKind.List)]
    [InlineData("consent.email.marketing", InputKind.Date)]
    [InlineData("consent.email.marketing.timestamp", InputKind.Boolean)]
    [InlineData("consent", InputKind.Boolean)]
    [InlineData("suppression.reason", InputKind.Integer)]
    public void Check_ColumnThatCannotFillTheTarget_IsRefused(string path, InputKind kind)
    {
        Assert.Equal(ProblemCodes.ColumnTypeUnsupported, ConsentColumns.Check(path, kind)!.Code);
    }

    [Fact]
    public void TryParse_NameOfEveryRegister_IsTheRegister()
    {
        Assert.All(ConsentRegisterKinds.All, kind =>
        {
            Assert.True(ConsentRegisterKinds.TryParse(kind.Name(), out var byName, out _));
            Assert.True(ConsentRegisterKinds.TryParse(kind.FieldName().ToUpperInvariant(), out var byField, out _));
            Assert.Equal((kind, kind), (byName, byField));
        });
    }
}
