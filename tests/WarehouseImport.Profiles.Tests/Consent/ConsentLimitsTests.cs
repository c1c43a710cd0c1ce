using WarehouseImport.Profiles.Consent;
using WarehouseImport.Profiles.Import;
using WarehouseImport.Profiles.Merging;
using WarehouseImport.Profiles.Problems;
using static WarehouseImport.Profiles.Tests.Import.Batches;

namespace WarehouseImport.Profiles.Tests.Consent;

/// <summary>profile-import-rules 15: consent counts towards a profile's size.</summary>
public sealed class ConsentLimitsTests
{
    [Theory]
    [InlineData(1_000, null)]
    [InlineData(13_000, ProblemCodes.ProfileTooLarge)]
    public void Check_ConsentForManyAddresses_IsRefusedAboveTheSizeOfAProfile(int addresses, string? code)
    {
        var profile = new Profile(Ulid.NewUlid());
        var entry = new ConsentEntry(At(1), new FieldVersion(FieldStrength.Ordinary, At(1), 0, SyncA, 1), ConsentMethod.Warehouse, RunId(SyncA, 1), null);
        for (var i = 0; i < addresses; i++)
            profile.Consent.Add(new ConsentKey(ConsentRegisterKind.EmailMarketing, $"person-{i:D6}@x.example"), ConsentStatement.Subscribed, entry);

        var problem = ProfileLimits.Check(profile, Row(0, 1, [External("p1")]), []);

        Assert.Equal(code, problem?.Code);
    }
}
