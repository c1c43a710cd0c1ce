using WarehouseImport.Profiles.Consent;
using WarehouseImport.Profiles.Problems;
using WarehouseImport.Profiles.Values;

namespace WarehouseImport.Profiles.Tests.Consent;

/// <summary>profile-import-rules 9.2, 9.4 (C1, C2, C14) and 9.6: what the consent cells of one row say.</summary>
public sealed class ConsentReaderTests
{
    private static readonly SourceInstant ModifiedAt = SourceInstant.Parse("2021-05-01T00:00:00Z");
    private static readonly SourceInstant Ceiling = SourceInstant.Parse("2021-12-31T00:00:00Z");

    [Fact]
    public void Read_StatusWithoutTimestampColumn_TakesTheRowsInstant()
    {
        var reading = Read(["consent.email.marketing"], ["Subscribe"]);

        Assert.Equal([new ConsentWrite(ConsentRegisterKind.EmailMarketing, ConsentStatement.Subscribed, ModifiedAt)], reading.Writes);
        Assert.Empty(reading.Problems);
    }

    [Theory]
    [InlineData("2021-04-01", "2021-04-01T00:00:00Z")]
    [InlineData("04/01/2021 10:00", "2021-04-01T10:00:00Z")]
    [InlineData("2021-04-01 10:00:00-04:00", "2021-04-01T14:00:00Z")]
    [InlineData(null, "2021-05-01T00:00:00Z")]
    [InlineData(" ", "2021-05-01T00:00:00Z")]
    public void Read_StatusAndTimestamp_TakesTheTimestampElseTheRowsInstant(string? timestamp, string expected)
    {
        var reading = Read(["consent.sms.marketing", "consent.sms.marketing.timestamp"], ["Unsubscribed", timestamp]);

        Assert.Equal([new ConsentWrite(ConsentRegisterKind.SmsMarketing, ConsentStatement.Unsubscribed, SourceInstant.Parse(expected))], reading.Writes);
    }

    [Fact]
    public void Read_TimestampOnly_SubscribesRowsThatHaveOne()
    {
        var with = Read(["consent.email.marketing.timestamp"], ["2021-04-01"]);
        var without = Read(["consent.email.marketing.timestamp"], [null]);

        Assert.Equal([new ConsentWrite(ConsentRegisterKind.EmailMarketing, ConsentStatement.Subscribed, SourceInstant.Parse("2021-04-01T00:00:00Z"))], with.Writes);
        Assert.Empty(without.Writes);
        Assert.Empty(without.Problems);
    }

    [Fact]
    public void Read_BlankStatusBesideATimestamp_MakesNoStatement()
    {
        var reading = Read(["consent.email.marketing", "consent.email.marketing.timestamp"], ["", "2021-04-01"]);

        Assert.Empty(reading.Writes);
        Assert.Empty(reading.Problems);
    }

    // C1
    [Fact]
    public void Read_InstantBefore1990_IsClampedWithAWarning()
    {
        var reading = Read(["consent.email.marketing", "consent.email.marketing.timestamp"], ["Subscribe", "1975-01-01"]);

        Assert.Equal("1990-01-01T00:00:00Z", Assert.Single(reading.Writes).Instant.ToString());
        var problem = Assert.Single(reading.Problems);
        Assert.Equal((1, ProblemCodes.ConsentTimestampClamped, ProblemSeverity.Warning), (problem.Column, problem.Problem.Code, problem.Problem.Severity));
    }

    // C2
    [Theory]
    [InlineData("2021-12-31", false)]
    [InlineData("2021-12-31 00:00:01", true)]
    public void Read_InstantAfterTheCeiling_IsRefused(string timestamp, bool refused)
    {
        var reading = Read(["consent.email.marketing", "consent.email.marketing.timestamp"], ["Subscribe", timestamp]);

        Assert.Equal(refused ? [ProblemCodes.ConsentTimestampInFuture] : [], reading.Problems.Select(problem => problem.Problem.Code));
        Assert.Equal(refused ? 0 : 1, reading.Writes.Length);
    }

    [Fact]
    public void Read_InvalidCells_AreAllReportedInColumnOrderAndNothingIsWritten()
    {
        var reading = Read(
            ["consent.email.marketing", "consent.sms.marketing.timestamp", "consent.sms.transactional", "suppression", "suppression.reason"],
            ["Subscribe", "yesterday", "maybe", "perhaps", "BORED"]);

        Assert.Equal(
            [
                (1, ProblemCodes.ConsentTimestampInvalid),
                (2, ProblemCodes.ConsentValueInvalid),
                (3, ProblemCodes.BooleanInvalid),
                (4, ProblemCodes.SuppressionReasonInvalid),
            ],
            reading.Problems.Select(problem => (problem.Column, problem.Problem.Code)));
        Assert.Empty(reading.Writes);
        Assert.Empty(reading.Suppressions);
    }

    // 9.2, the former list format
    [Theory]
    [InlineData("email", new[] { ConsentRegisterKind.EmailMarketing }, 0)]
    [InlineData(" SMS ", new[] { ConsentRegisterKind.SmsMarketing }, 0)]
    [InlineData("[\"email\",\"sms\"]", new[] { ConsentRegisterKind.EmailMarketing, ConsentRegisterKind.SmsMarketing }, 0)]
    [InlineData("[\"email\",\"push\",\"web\"]", new[] { ConsentRegisterKind.EmailMarketing }, 2)]
    [InlineData("directmail", new ConsentRegisterKind[0], 1)]
    [InlineData("[]", new ConsentRegisterKind[0], 0)]
    [InlineData(null, new ConsentRegisterKind[0], 0)]
    public void Read_ChannelsColumn_SubscribesToMarketingOfKnownChannels(string? cell, ConsentRegisterKind[] expected, int ignored)
    {
        var reading = Read(["consent"], [cell]);

        Assert.Equal(expected.Select(kind => new ConsentWrite(kind, ConsentStatement.Subscribed, ModifiedAt)), reading.Writes);
        Assert.Equal(Enumerable.Repeat(ProblemCodes.ConsentChannelIgnored, ignored), reading.Problems.Select(problem => problem.Problem.Code));
    }

    [Fact]
    public void Read_ChannelsThatAreNoList_IsRefused()
    {
        Assert.Equal(ProblemCodes.ListInvalid, Assert.Single(Read(["consent"], ["[email"]).Problems).Problem.Code);
    }

    [Fact]
    public void Read_StatusBesideChannels_TheStatusCounts()
    {
        var reading = Read(["consent", "consent.email.marketing"], ["email", "Unsubscribed"]);

        Assert.Equal(ConsentStatement.Unsubscribed, Assert.Single(reading.Writes).Statement);
    }

    // 9.2, an upload's statement for the whole file
    [Fact]
    public void Read_AllRowsSubscribed_AppliesWhereNoColumnOfTheRegisterIsMapped()
    {
        var options = new ConsentOptions { AllRowsSubscribed = [ConsentRegisterKind.EmailMarketing, ConsentRegisterKind.SmsMarketing] };

        var none = Read([], [], options);
        var mapped = Read(["consent.email.marketing"], [null], options);

        Assert.Equal([ConsentRegisterKind.EmailMarketing, ConsentRegisterKind.SmsMarketing], none.Writes.Select(write => write.Register));
        Assert.Equal([ConsentRegisterKind.SmsMarketing], mapped.Writes.Select(write => write.Register));
        Assert.All(none.Writes, write => Assert.Equal((ConsentStatement.Subscribed, ModifiedAt), (write.Statement, write.Instant)));
    }

    [Fact]
    public void Read_CustomSource_GoesWithEveryStatement()
    {
        var reading = Read(["consent.email.marketing", "consent.sms.marketing", "consent.custom_source"], ["yes", "no", " Till 3 "]);

        Assert.Equal(["Till 3", "Till 3"], reading.Writes.Select(write => write.CustomSource));
    }

    [Fact]
    public void Read_CustomSourceTooLong_IsRefused()
    {
        var reading = Read(["consent.email.marketing", "consent.custom_source"], ["yes", new string('x', 256)]);

        Assert.Equal(ProblemCodes.TextTooLong, Assert.Single(reading.Problems).Problem.Code);
    }

    // C14
    [Theory]
    [InlineData("1990-02-28", true)]
    [InlineData(null, false)]
    [InlineData("soon", false)]
    [InlineData("2090-02-28", false)]
    public void Read_AgeGatedSms_NeedsAValidDateOfBirth(string? birth, bool accepted)
    {
        var options = new ConsentOptions { AgeGatedSms = true };

        var sms = Read(["consent.sms.marketing", "consent.date_of_birth"], ["Subscribe", birth], options);
        var optOut = Read(["consent.sms.marketing", "consent.date_of_birth"], ["Unsubscribe", birth], options);

        Assert.Equal(accepted ? [] : [ProblemCodes.ConsentAgeMissing], sms.Problems.Select(problem => problem.Problem.Code));
        Assert.Empty(optOut.Problems);
    }

    // 9.6
    [Theory]
    [InlineData("true", null, SuppressionReason.UserSuppressed)]
    [InlineData("true", "hard bounce", SuppressionReason.HardBounce)]
    [InlineData(null, "SPAM_COMPLAINT", SuppressionReason.SpamComplaint)]
    [InlineData("false", "INVALID_EMAIL", SuppressionReason.InvalidEmail)]
    [InlineData("false", null, null)]
    [InlineData(null, " ", null)]
    public void Read_SuppressionColumns_AddAReason(string? suppressed, string? reason, SuppressionReason? expected)
    {
        var reading = Read(["suppression", "suppression.reason"], [suppressed, reason]);

        Assert.Equal(expected is { } added ? [new SuppressionWrite(added, ModifiedAt)] : [], reading.Suppressions);
    }

    [Fact]
    public void Constructor_TargetMappedTwice_IsRefused()
    {
        Assert.Throws<ArgumentException>(() => Reader(["suppression", "suppression"]));
    }

    private static ConsentReading Read(string[] targets, string?[] cells, ConsentOptions? options = null) => Reader(targets, options).Read(cells, ModifiedAt, Ceiling);

    private static ConsentReader Reader(string[] targets, ConsentOptions? options = null) => new(
        [.. targets.Select(target => ConsentColumns.TryGet(target, out var column) ? new ConsentColumnBinding(column, InputKind.Text) : throw new ArgumentException(target))],
        options);
}
