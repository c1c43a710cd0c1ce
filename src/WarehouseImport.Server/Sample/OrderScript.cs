using System.Globalization;
using WarehouseImport.Profiles;

namespace WarehouseImport.Server.Sample;

/// <summary>
/// Writes <c>shop.orders</c>, from which <c>analytics.segments</c> has one row per e-mail address. Runs last, so an address that the customer or the
/// loyalty sync brought is an update.
/// </summary>
internal sealed class OrderScript
{
    /// <summary>The greatest <c>loaded_at</c> of the first phase.</summary>
    public static readonly DateTimeOffset Watermark = new DateTimeOffset(2024, 3, 31, 20, 0, 0, TimeSpan.Zero).AddMicroseconds(777);

    private const int FirstAtWatermark = 8_000;
    private const int FirstInLookback = 8_060;
    private const int EndInLookback = 8_140;
    private const int FirstGuest = 40_000;

    private static readonly DateTimeOffset Start = new(2024, 3, 1, 5, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset SecondPhase = new(2024, 4, 1, 8, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Lookback = TimeSpan.FromMinutes(15);

    private readonly List<OrderRow> _rows = [];
    private readonly List<string> _replaced = [];
    private readonly ExpectedRunTally _expected = new();

    public static TableChange<OrderRow> First()
    {
        var script = new OrderScript();
        for (var person = 0; person < CustomerScript.People; person += 2) script.AddBuyer(person, OrdinaryInstant(person), Outcome.Updated);
        for (var person = 7; person < 2_000; person += 10)
        {
            // Their customer row has no address; for members the loyalty row brought one.
            if (BalanceScript.IsMember(person)) script.AddBuyer(person, OrdinaryInstant(person), Outcome.Updated);
        }

        for (var guest = FirstGuest; guest < FirstGuest + 300; guest++) script.AddBuyer(guest, Start.AddMinutes(guest), Outcome.Created);
        for (var broken = 0; broken < 10; broken++)
        {
            var person = FirstGuest + 500 + broken;
            script._rows.Add(Order(person, 0, Start.AddHours(broken + 1)) with { Email = string.Create(CultureInfo.InvariantCulture, $"guest{broken}@@example.com") });
            script._expected.Read(Outcome.Failed, "email_invalid");
        }

        for (var anonymous = 0; anonymous < 4; anonymous++) script._rows.Add(Order(FirstGuest + 520 + anonymous, 0, Start.AddHours(anonymous)) with { Email = null });
        script._expected.Read(Outcome.Failed, "identifier_missing");

        for (var guest = FirstGuest + 540; guest < FirstGuest + 542; guest++) script._rows.Add(Order(guest, 0, null));
        for (var guest = FirstGuest + 542; guest < FirstGuest + 544; guest++) script._rows.Add(Order(guest, 0, new DateTimeOffset(2999, 1, 1, 0, 0, 0, TimeSpan.Zero)));
        script.RememberUnread();
        return script.ToChange();
    }

    public static TableChange<OrderRow> Second()
    {
        var script = new OrderScript();
        script._expected.Read(Outcome.Unchanged, (EndInLookback - FirstAtWatermark) / 2);
        for (var person = 3_000; person < 3_400; person += 2)
        {
            script._rows.Add(Order(person, 8, SecondPhase.AddSeconds(person)));
            script._expected.Read(Outcome.Updated);
        }

        for (var person = 3_400; person < 3_460; person += 2)
        {
            script._replaced.Add(OrderId(person, 0).ToString(CultureInfo.InvariantCulture));
            script._rows.Add(Order(person, 0, SecondPhase.AddSeconds(person)));
            script._expected.Read(Outcome.Unchanged);
        }

        for (var guest = FirstGuest + 600; guest < FirstGuest + 640; guest++) script.AddBuyer(guest, SecondPhase.AddSeconds(guest), Outcome.Created);
        for (var guest = FirstGuest + 640; guest < FirstGuest + 652; guest++) script.AddBuyer(guest, Watermark - TimeSpan.FromSeconds(guest - FirstGuest - 639), Outcome.Created);
        for (var guest = FirstGuest + 652; guest < FirstGuest + 667; guest++) script.AddBuyer(guest, Watermark, Outcome.Created);
        script.RememberUnread();
        return script.ToChange();
    }

    private static DateTimeOffset OrdinaryInstant(int person) => person switch
    {
        >= FirstAtWatermark and < FirstInLookback => Watermark,
        >= FirstInLookback and < EndInLookback => Watermark - Lookback + TimeSpan.FromSeconds((person - FirstInLookback) * 10),
        _ => Start.AddSeconds(person * 200L).AddMicroseconds(SampleRandom.For(person, 5).Next(1_000_000)),
    };

    private static long OrderId(int person, int number) => person * 10L + number;

    private static OrderRow Order(int person, int number, DateTimeOffset? loadedAt)
    {
        var random = SampleRandom.For(person, 10 + number);
        var email = number % 2 == 0 ? SamplePeople.Email(person) : SamplePeople.MessyEmail(person);
        return new OrderRow(OrderId(person, number), email, 1 + random.Next(90_000) / 100m, new DateOnly(2022, 1, 1).AddDays(random.Next(780)), loadedAt);
    }

    /// <summary>One to three orders; the last loaded one dates the segment row.</summary>
    private void AddBuyer(int person, DateTimeOffset loadedAt, Outcome outcome)
    {
        _rows.Add(Order(person, 0, loadedAt));
        for (var number = 1; number <= person / 2 % 3; number++) _rows.Add(Order(person, number, loadedAt - TimeSpan.FromDays(number)));
        _expected.Read(outcome);
    }

    private void RememberUnread()
    {
        _expected.HasNoCursor(2);
        _expected.IsFuture(2);
    }

    private TableChange<OrderRow> ToChange() => new(_rows, _replaced, _expected.ToExpected());
}
