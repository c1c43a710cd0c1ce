using System.Reflection;
using WarehouseImport.Profiles.Problems;

namespace WarehouseImport.Profiles.Tests.Problems;

/// <summary>profile-import-rules 12 and 13.</summary>
public sealed class ProblemCatalogueTests
{
    [Fact]
    public void All_HasEveryCodeOnce()
    {
        var codes = typeof(ProblemCodes).GetFields(BindingFlags.Public | BindingFlags.Static).Select(field => (string)field.GetRawConstantValue()!);

        Assert.Equal(codes, ProblemCatalogue.All.Select(definition => definition.Code));
        Assert.Equal(ProblemCatalogue.All.Count, ProblemCatalogue.All.Select(definition => definition.Code).Distinct().Count());
    }

    [Fact]
    public void All_HasWordsForEveryCode()
    {
        Assert.All(ProblemCatalogue.All, definition =>
        {
            Assert.NotEmpty(definition.Title);
            Assert.EndsWith(".", definition.Template.Replace("{reason}", "."), StringComparison.Ordinal);
            Assert.EndsWith(".", definition.Hint, StringComparison.Ordinal);
        });
    }

    [Theory]
    [InlineData(ProblemCodes.PhoneInvalid, "phone.acceptPossible")]
    [InlineData(ProblemCodes.PhoneCountryMissing, "phone.defaultCountry")]
    [InlineData(ProblemCodes.PhoneCountryMismatch, "phone.countryColumn")]
    [InlineData(ProblemCodes.CursorNull, "cursor.secondColumn")]
    [InlineData(ProblemCodes.PropertyOwnedByOtherSync, "allowSharedProperties")]
    public void Get_HintAboutASetting_NamesTheMemberOfASync(string code, string member) =>
        Assert.Contains(member, ProblemCatalogue.Get(code).Hint, StringComparison.Ordinal);

    [Fact]
    public void Fill_LongOrHostileValue_IsMadeSafeToStoreAndShow()
    {
        var value = "a\0b\uD800c\n" + new string('x', 300);

        var problem = ProblemCatalogue.Fill(ProblemCodes.BooleanInvalid, ("value", value));

        Assert.Equal($"“a\uFFFDb\uFFFDc\uFFFD{new string('x', ProblemCatalogue.MaxShownCharacters - 6)}…” is not true or false.", problem.Detail);
        Assert.Equal(ProblemSeverity.Error, problem.Severity);
        Assert.NotNull(problem.Hint);
    }

    [Fact]
    public void Fill_ValueThatLooksLikeAHole_IsNotFilledAgain()
    {
        var problem = ProblemCatalogue.Fill(ProblemCodes.EmailInvalid, ("value", "{reason}"), ("reason", "it has no @"));

        Assert.Equal("“{reason}” is not a valid email address: it has no @.", problem.Detail);
    }

    [Fact]
    public void Fill_MissingOrSurplusValue_IsRefused()
    {
        Assert.Throws<ArgumentException>(() => ProblemCatalogue.Fill(ProblemCodes.EmailInvalid, ("value", "x")));
        Assert.Throws<ArgumentException>(() => ProblemCatalogue.Fill(ProblemCodes.IdentifierMissing, ("value", "x")));
        Assert.Throws<KeyNotFoundException>(() => ProblemCatalogue.Fill("no_such_code"));
    }
}
