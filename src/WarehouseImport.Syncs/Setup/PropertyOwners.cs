using WarehouseImport.Profiles.Properties;
using WarehouseImport.Profiles.Values;
using WarehouseImport.Syncs.Definitions;
using WarehouseImport.Syncs.Runs;

namespace WarehouseImport.Syncs.Setup;

/// <summary>A sync that fills a property.</summary>
public sealed record PropertySource(Guid SyncId, string Name);

/// <summary>A property and the syncs that fill it (4.4).</summary>
/// <param name="Property">
/// Field path, as <c>location.city</c> or <c>properties.tier</c>; consent by channel and purpose, as <c>consent.email.marketing</c>. Identifiers belong to nobody and
/// are not listed.
/// </param>
/// <param name="Type">Type of a custom property; null for a standard one, whose type is fixed.</param>
/// <param name="Owner">The first sync that does not merely share it; the oldest one if all of them do.</param>
/// <param name="SharedWith">The other syncs that fill it, oldest first.</param>
public sealed record PropertyOwnership(string Property, PropertyType? Type, PropertySource Owner, IReadOnlyList<PropertySource> SharedWith);

/// <summary>Derives from the saved definitions which sync owns which property.</summary>
public sealed class PropertyOwners(ISyncStore syncs)
{
    private const int SyncsPerPage = 200;

    /// <summary>The types that syncs gave custom properties (6.4), by field path.</summary>
    public async Task<IReadOnlyDictionary<string, PropertyType>> GetTypesAsync(CancellationToken cancellationToken) =>
        (await ListAsync(cancellationToken)).Where(property => property.Type is not null).ToDictionary(property => property.Property, property => property.Type!.Value, StringComparer.Ordinal);

    /// <summary>Every property that a sync fills, by name.</summary>
    public async Task<IReadOnlyList<PropertyOwnership>> ListAsync(CancellationToken cancellationToken)
    {
        var uses = new List<(string Property, PropertyType? Type, bool IsShared, SyncRecord Sync)>();
        Guid? after = null;
        while (true)
        {
            var page = await syncs.ListAsync(after, SyncsPerPage, cancellationToken);
            foreach (var sync in page)
            {
                var shared = sync.Definition.AllowSharedProperties.SelectMany(MappingRules.OwnedBy).ToHashSet(StringComparer.Ordinal);
                foreach (var field in sync.Definition.Fields)
                {
                    foreach (var owned in MappingRules.OwnedBy(field.Target)) uses.Add((owned, field.Type, shared.Contains(owned), sync));
                }
            }

            if (page.Count < SyncsPerPage) break;
            after = page[^1].Id;
        }

        return [.. uses.GroupBy(use => use.Property, StringComparer.Ordinal).OrderBy(group => group.Key, StringComparer.Ordinal).Select(Of)];

        static PropertyOwnership Of(IGrouping<string, (string Property, PropertyType? Type, bool IsShared, SyncRecord Sync)> group)
        {
            var sources = group.OrderBy(use => use.IsShared).ThenBy(use => use.Sync.CreatedAt).ThenBy(use => use.Sync.Id).DistinctBy(use => use.Sync.Id).ToList();
            var others = sources.Skip(1).OrderBy(use => use.Sync.CreatedAt).ThenBy(use => use.Sync.Id);
            return new PropertyOwnership(group.Key, FieldType(group.Key, sources[0].Type), Source(sources[0].Sync), [.. others.Select(use => Source(use.Sync))]);
        }

        static PropertyType? FieldType(string property, PropertyType? type) => FieldPaths.IsCustom(property) ? type : null;

        static PropertySource Source(SyncRecord sync) => new(sync.Id, sync.Definition.Name);
    }
}
