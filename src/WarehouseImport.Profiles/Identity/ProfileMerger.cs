using WarehouseImport.Profiles.Merging;

namespace WarehouseImport.Profiles.Identity;

/// <summary>
/// Makes one state of two (profile-import-rules 3.4). For everything that came from a source this is the same as if all rows of both had meant one
/// profile from the beginning (G9), because each register takes the greater of the two.
/// </summary>
static class ProfileMerger
{
    private const string LocationPrefix = "location.";
    private const string TimeZoneField = "location.timezone";

    /// <returns>The kept profile's new state; who holds its identifiers is for <see cref="ProfileJoin"/> to settle. Both arguments are used up.</returns>
    public static Profile Merge(Profile kept, Profile removed)
    {
        var merged = new Profile(kept.Id)
        {
            RowVersion = kept.RowVersion,
            IsNew = kept.IsNew,
            CreatedAt = kept.CreatedAt,
            UpdatedAt = kept.UpdatedAt,
            FirstSource = kept.FirstSource,
            LastSource = kept.LastSource,
            Group = kept.Group,
        };
        var location = WholeLocation(kept, removed);
        foreach (var field in kept.Registers.Keys.Union(removed.Registers.Keys, StringComparer.Ordinal))
        {
            if (kept.Lists.ContainsKey(field) || removed.Lists.ContainsKey(field)) continue;
            if (location is not null && IsLocation(field) && field != TimeZoneField)
            {
                if (location.Registers.TryGetValue(field, out var whole)) merged.Restore(field, whole);
                continue;
            }

            merged.Restore(field, Choose(field, Find(kept, field), Find(removed, field)));
        }

        foreach (var field in kept.Lists.Keys.Union(removed.Lists.Keys, StringComparer.Ordinal))
        {
            var list = new ListRegister();
            list.Absorb(AsList(kept, field));
            list.Absorb(AsList(removed, field));
            merged.Restore(field, list);
        }

        merged.Consent.Absorb(kept.Consent);
        merged.Consent.Absorb(removed.Consent);
        return merged;
    }

    /// <summary>Rule 1, and for the time zone rule 2.</summary>
    private static Register Choose(string field, Register? kept, Register? removed)
    {
        if (kept is not { } mine) return removed!.Value;
        if (removed is not { } theirs) return mine;
        if (IsByHand(mine) && IsByHand(theirs))
        {
            if (mine.Value is null) return theirs;
            return field == TimeZoneField && theirs.Value is not null ? theirs : mine;
        }

        return FieldVersion.Compare(theirs.Version, theirs.Value, mine.Version, mine.Value) > 0 ? theirs : mine;
    }

    /// <summary>Rule 3: the profile whose location is taken as a whole; null where versions decide field by field.</summary>
    private static Profile? WholeLocation(Profile kept, Profile removed)
    {
        var (mine, theirs) = (Locations(kept), Locations(removed));
        if (mine.Count == 0 || theirs.Count == 0 || !mine.Concat(theirs).All(IsByHand)) return null;
        return theirs.Count(register => register.Value is not null) > mine.Count(register => register.Value is not null) ? removed : kept;

        static List<Register> Locations(Profile profile) =>
            [.. profile.Registers.Where(register => IsLocation(register.Key) && register.Key != TimeZoneField).Select(register => register.Value)];
    }

    private static bool IsLocation(string field) => field.StartsWith(LocationPrefix, StringComparison.Ordinal);

    private static bool IsByHand(Register register) => register.Version.SyncId == ManualSource.Id;

    private static Register? Find(Profile profile, string field) => profile.Registers.TryGetValue(field, out var register) ? register : null;

    private static ListRegister AsList(Profile profile, string field)
    {
        if (profile.Lists.TryGetValue(field, out var list)) return list;
        var whole = new ListRegister();
        if (Find(profile, field) is { } register) whole.Restore(register);
        return whole;
    }
}
