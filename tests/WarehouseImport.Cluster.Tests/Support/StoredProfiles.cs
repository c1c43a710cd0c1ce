using System.Numerics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using WarehouseImport.Profiles;
using WarehouseImport.Profiles.History;
using WarehouseImport.Profiles.Storage;
using WarehouseImport.Profiles.Views;
using WarehouseImport.Storage;
using WarehouseImport.Testing;

namespace WarehouseImport.Cluster.Tests.Support;

/// <summary>What is in the database, read past every server, and how it compares with the reference fold.</summary>
internal static class StoredProfiles
{
    private const int PageSize = 500;

    /// <summary>The ports over a test's database. Dispose the provider.</summary>
    public static ServiceProvider Open(TestStorage storage)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(storage.Settings).Build();
        return new ServiceCollection().AddSingleton<IConfiguration>(configuration).AddSingleton(TimeProvider.System).AddLogging().AddStorage(configuration).BuildServiceProvider();
    }

    public static async Task<List<StoredProfile>> ReadAsync(IProfileReader reader)
    {
        var profiles = new List<StoredProfile>();
        while (await reader.SearchAsync(null, profiles.Count == 0 ? null : profiles[^1].Id, PageSize, TestContext.Current.CancellationToken) is { Count: > 0 } page) profiles.AddRange(page);
        return profiles;
    }

    /// <summary>The canonical profiles in one text, the same whatever ids were generated.</summary>
    public static async Task<string> DumpAsync(IProfileReader reader) =>
        string.Join('\n', (await ReadAsync(reader)).Select(CanonicalProfile.Describe).Order(StringComparer.Ordinal));

    /// <summary>Every profile has the values and instants of one person of the fold, and no person is missing.</summary>
    public static async Task AssertEqualAsync(ReferenceFold expected, IProfileReader actual)
    {
        var profiles = await ReadAsync(actual);
        Assert.Equal(
            expected.People.Select(expected.Describe).Order(StringComparer.Ordinal),
            profiles.Select(profile => Describe(ProfileView.From(profile))).Order(StringComparer.Ordinal));
    }

    /// <summary>The newest change of each field led to what is shown, and every change starts from what the one before it led to.</summary>
    public static async Task AssertExplainedAsync(IProfileReader reader)
    {
        foreach (var profile in await ReadAsync(reader))
        {
            var changes = new List<Change>();
            while (await reader.GetHistoryAsync(profile.Id, null, changes.Count == 0 ? null : changes[^1].Id, PageSize, TestContext.Current.CancellationToken) is { Count: > 0 } page)
                changes.AddRange(page);

            var leading = changes.Where(change => change.Kind != ChangeKind.Superseded).GroupBy(change => change.Field).ToDictionary(field => field.Key, field => field.ToList());
            foreach (var field in ProfileView.From(profile).Fields)
            {
                var history = leading.GetValueOrDefault(field.Field) ?? [];
                var held = field.State == FieldState.Held ? field.Json : null;
                Assert.True(history.FirstOrDefault()?.NewValue == held, $"{profile.Id} {field.Field} is {held}; its history ends with {history.FirstOrDefault()}");
                if (held is not null) Assert.Contains(history[0].Kind, new[] { ChangeKind.Set, ChangeKind.Regained });
            }

            foreach (var (field, history) in leading)
            {
                for (var i = 0; i < history.Count; i++)
                {
                    var before = i + 1 < history.Count ? history[i + 1].NewValue : null;
                    Assert.True(history[i].OldValue == before, $"{profile.Id} {field}: {history[i]} does not follow {(i + 1 < history.Count ? history[i + 1] : null)}");
                }
            }
        }
    }

    private static string Describe(ProfileView profile) =>
        string.Join('\n', profile.Fields.Where(field => field.State == FieldState.Held).Select(field => $"{field.Field}={field.Json}@{Picoseconds(field.Version.Instant)}"));

    private static BigInteger Picoseconds(SourceInstant instant) => new BigInteger(instant.Seconds) * 1_000_000_000_000 + instant.Picoseconds;
}
