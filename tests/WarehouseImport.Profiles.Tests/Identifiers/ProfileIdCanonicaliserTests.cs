using CsCheck;
using WarehouseImport.Profiles.Identifiers;
using WarehouseImport.Profiles.Problems;

namespace WarehouseImport.Profiles.Tests.Identifiers;

/// <summary>profile-import-rules 2.4.</summary>
public sealed class ProfileIdCanonicaliserTests
{
    [Fact]
    public void Canonicalise_LowerCase_GivesUpperCase()
    {
        Assert.Equal(CanonicalResult.Of("01ARZ3NDEKTSV4RRFFQ69G5FAV"), ProfileIdCanonicaliser.Canonicalise(" 01arz3ndektsv4rrffq69g5fav "));
    }

    [Theory]
    [InlineData("01ARZ3NDEKTSV4RRFFQ69G5FA")]
    [InlineData("01ARZ3NDEKTSV4RRFFQ69G5FAVX")]
    [InlineData("81ARZ3NDEKTSV4RRFFQ69G5FAV")]
    [InlineData("01ARZ3NDEKTSV4RRFFQ69G5FAI")]
    [InlineData("01ARZ3NDEKTSV4RRFFQ69G5FAU")]
    [InlineData("\0")]
    public void Canonicalise_NoUlid_IsProfileIdUnknown(string input)
    {
        Assert.Equal(ProblemCodes.ProfileIdUnknown, ProfileIdCanonicaliser.Canonicalise(input).Error?.Code);
    }

    [Fact]
    public void Canonicalise_Blank_IsNoValue()
    {
        Assert.True(ProfileIdCanonicaliser.Canonicalise(" ").IsNoValue);
    }

    [Fact]
    public void Canonicalise_AnyUlid_IsItsOwnCanonicalForm()
    {
        Gen.Byte.Array[16].Sample(bytes =>
        {
            var id = new Ulid(bytes).ToString();

            Assert.Equal(CanonicalResult.Of(id), ProfileIdCanonicaliser.Canonicalise(id));
            Assert.Equal(CanonicalResult.Of(id), ProfileIdCanonicaliser.Canonicalise(id.ToLowerInvariant()));
        }, iter: 10_000);
    }
}
