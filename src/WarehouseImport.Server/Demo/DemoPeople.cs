using System.Text.Json;
using WarehouseImport.Server.Api.Profiles;
using WarehouseImport.Server.Sample;

namespace WarehouseImport.Server.Demo;

/// <param name="Counts">What was counted, how many there are and how many there must be.</param>
/// <param name="Wrong">People who show something else than they must, each in a sentence.</param>
internal sealed record DemoPeopleResult(IReadOnlyList<(string What, long Actual, long Expected)> Counts, IReadOnlyList<string> Wrong)
{
    public bool IsRight => Wrong.Count == 0 && Counts.All(count => count.Actual == count.Expected);
}

/// <summary>Asks for the people the sample knows about: their consent, who may be whom, and who was made one.</summary>
internal sealed class DemoPeople(DemoClient client)
{
    public async Task<DemoPeopleResult> CheckAsync(ExpectedPeople expected, CancellationToken cancellationToken)
    {
        var wrong = new List<string>();
        var shown = new List<ExpectedConsent>(expected.Consent.Count);
        foreach (var person in expected.Consent)
        {
            var profile = await client.FindByEmailAsync(person.Email, cancellationToken);
            var actual = new ExpectedConsent(person.Email, Status(profile, "email", "marketing"), Status(profile, "sms", "marketing"), Status(profile, "sms", "transactional"));
            shown.Add(actual);
            if (actual != person) wrong.Add($"{actual} must be {person}");
        }

        var merges = 0;
        foreach (var address in expected.Merged)
        {
            if (await client.FindByEmailAsync(address, cancellationToken) is not { } profile) continue;
            merges += (await client.GetMergesAsync(profile.Id, cancellationToken)).Count;
        }

        return new DemoPeopleResult(
            [
                .. Count("E-mail marketing", person => person.EmailMarketing),
                .. Count("SMS marketing", person => person.SmsMarketing),
                .. Count("SMS transactional", person => person.SmsTransactional),
                ("Possible duplicates", await client.CountDuplicatesAsync(cancellationToken), expected.Pairs),
                ("Two profiles made one", merges, expected.Merged.Count),
            ],
            wrong);

        IEnumerable<(string What, long Actual, long Expected)> Count(string register, Func<ExpectedConsent, string> status) =>
            ((string[])[ExpectedConsent.Subscribed, ExpectedConsent.Unsubscribed, ExpectedConsent.Never]).Select(
                wanted => ($"{register}: {wanted}", (long)shown.Count(person => status(person) == wanted), (long)expected.Consent.Count(person => status(person) == wanted)));
    }

    // A profile nothing is known about has no registers in its document.
    private static string Status(ProfileSummary? profile, string channel, string purpose)
    {
        if (profile is null) return "no profile";
        return profile.Values.TryGetProperty("consent", out var consent)
            && consent.TryGetProperty(channel, out var channels)
            && channels.TryGetProperty(purpose, out var register)
            && register.TryGetProperty("status", out var status)
            && status.ValueKind == JsonValueKind.String
                ? status.GetString()!
                : ExpectedConsent.Never;
    }
}
