using System.Collections.Immutable;
using System.Globalization;
using WarehouseImport.Profiles.Merging;
using WarehouseImport.Profiles.Problems;

namespace WarehouseImport.Profiles.Import;

/// <summary>
/// What a profile may hold at most (profile-import-rules 15). Checked before a row is merged, on the safe side: as if every value of the row were added.
/// </summary>
static class ProfileLimits
{
    public const int MaxProperties = 1_000;
    public const int MaxListItems = 1_000;
    public const int MaxDocumentCharacters = 1024 * 1024;

    private const string PropertyPrefix = "properties.";

    // What a register takes beside its address, generously. Without this, a constant in the identifier column would let one profile collect the consent of all.
    private const int ConsentRegisterCharacters = 64;

    private static readonly ProfileUpdate NoRow = new(0, SourceInstant.MinValue, [], []);

    /// <summary>Checks a profile as it is: the result of a merge.</summary>
    public static Problem? Check(Profile profile)
    {
        foreach (var list in profile.Lists.Values)
        {
            var items = Count(list.Effective);
            if (items > MaxListItems) return ProblemCatalogue.Fill(ProblemCodes.ListTooLong, ("n", Number(items)), ("max", Number(MaxListItems)));
        }

        return Check(profile, NoRow, []);
    }

    public static Problem? Check(Profile profile, ProfileUpdate row, ImmutableArray<FieldTarget> targets)
    {
        var properties = profile.Lists.Count;
        var characters = 0L;
        foreach (var (field, register) in profile.Registers)
        {
            if (IsProperty(field)) properties++;
            characters += field.Length + (register.Value?.Length ?? 0);
        }

        foreach (var (field, list) in profile.Lists) characters += field.Length + (list.Effective?.Length ?? 0);

        foreach (var key in profile.Consent.Registers.Keys) characters += key.Address.Length + ConsentRegisterCharacters;

        foreach (var write in row.Writes)
        {
            var target = targets[write.Target];
            var isNew = !profile.Registers.ContainsKey(target.Field) && !profile.Lists.ContainsKey(target.Field);
            if (isNew && IsProperty(target.Field)) properties++;
            characters += (isNew ? target.Field.Length : 0) + (write.Json?.Length ?? 0) - (target.Mode == WriteMode.Replace ? profile.Value(target.Field)?.Length ?? 0 : 0);

            if (target.Mode != WriteMode.Append) continue;
            var appended = ListRegister.Items(write.Json!);
            var items = profile.Lists.TryGetValue(target.Field, out var list) ? list.CountWith(appended) : appended.Count + Count(profile.Value(target.Field));
            if (items > MaxListItems) return ProblemCatalogue.Fill(ProblemCodes.ListTooLong, ("n", Number(items)), ("max", Number(MaxListItems)));
        }

        if (properties > MaxProperties) return ProblemCatalogue.Fill(ProblemCodes.TooManyProperties, ("n", Number(properties)), ("max", Number(MaxProperties)));
        return characters > MaxDocumentCharacters
            ? ProblemCatalogue.Fill(ProblemCodes.ProfileTooLarge, ("n", Number(characters)), ("max", Number(MaxDocumentCharacters)))
            : null;
    }

    private static bool IsProperty(string field) => field.StartsWith(PropertyPrefix, StringComparison.Ordinal);

    private static int Count(string? jsonArray) => jsonArray is null ? 0 : ListRegister.Items(jsonArray).Count;

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
