using WarehouseImport.Profiles.Consent;
using WarehouseImport.Profiles.Merging;
using static WarehouseImport.Profiles.Tests.Import.Batches;

namespace WarehouseImport.Profiles.Tests.Consent;

/// <summary>profile-import-rules 9.5 and 3.4 rules 4–6: the consent of two profiles that are merged.</summary>
public sealed class ConsentMergeTests
{
    private static readonly ConsentKey Key = new(ConsentRegisterKind.EmailMarketing, "a@x.example");

    // 9.5. A statement is written as S or U and its second.
    [Theory]
    [InlineData("", "U4", ConsentStatus.Unsubscribed, 4, null)]
    [InlineData("", "S4", ConsentStatus.Subscribed, 4, 4)]
    [InlineData("S5", "S3", ConsentStatus.Subscribed, 5, 3)]
    [InlineData("S5", "U4", ConsentStatus.Subscribed, 5, 5)]
    [InlineData("U5", "S4", ConsentStatus.Unsubscribed, 5, 4)]
    [InlineData("S5", "U6", ConsentStatus.Unsubscribed, 6, 5)]
    [InlineData("U5", "S6", ConsentStatus.Subscribed, 6, 6)]
    [InlineData("S5", "U5", ConsentStatus.Unsubscribed, 5, 5)]
    [InlineData("U5", "S5", ConsentStatus.Unsubscribed, 5, 5)]
    public void Absorb_ConsentForOneAddress_FollowsTheTable(string kept, string removed, ConsentStatus status, int second, int? first)
    {
        var state = State(kept);

        state.Absorb(State(removed));

        var standing = state.Standing(Key);
        Assert.Equal((status, At(second)), (standing.Status, standing.Deciding!.Value.Instant));
        Assert.Equal(first is { } at ? At(at) : null, standing.FirstSubscribedAt);
    }

    // 3.4 rule 6
    [Fact]
    public void Absorb_ConsentForAnotherAddress_StaysWithThatAddress()
    {
        var state = State("S5");
        var removed = new ConsentState();
        removed.Add(Key with { Address = "b@x.example" }, ConsentStatement.Unsubscribed, Entry(6));

        state.Absorb(removed);

        Assert.Equal(ConsentStatus.Subscribed, state.Standing(Key).Status);
        Assert.Equal(ConsentStatus.Unsubscribed, state.Standing(Key with { Address = "b@x.example" }).Status);
    }

    // 3.4 rule 5: taken over if missing, the older date of one kind, and a suppressed profile stays suppressed
    [Fact]
    public void Absorb_Suppressions_AreKeptWithTheOlderDate()
    {
        var state = new ConsentState();
        var removed = new ConsentState();
        state.Add(SuppressionReason.HardBounce, new SuppressionRegister(At(5), At(5)));
        removed.Add(SuppressionReason.HardBounce, new SuppressionRegister(At(4), At(4)));
        removed.Add(SuppressionReason.UserSuppressed, new SuppressionRegister(At(6), At(6)));

        state.Absorb(removed);

        var shown = state.Show("a@x.example", null);
        Assert.Equal([(SuppressionReason.HardBounce, At(4)), (SuppressionReason.UserSuppressed, At(6))], shown.Suppressions.Select(s => (s.Key, s.Value)));
        Assert.False(shown.CanReceiveEmailMarketing);
    }

    private static ConsentState State(string statement)
    {
        var state = new ConsentState();
        if (statement.Length > 0) state.Add(Key, statement[0] == 'S' ? ConsentStatement.Subscribed : ConsentStatement.Unsubscribed, Entry(statement[1] - '0'));
        return state;
    }

    private static ConsentEntry Entry(int second) =>
        new(At(second), new FieldVersion(FieldStrength.Ordinary, At(second), 0, SyncA, 1), ConsentMethod.Warehouse, RunId(SyncA, 1), null);
}
