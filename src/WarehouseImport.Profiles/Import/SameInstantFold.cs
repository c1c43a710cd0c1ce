using System.Collections.Immutable;
using WarehouseImport.Profiles.Identifiers;
using WarehouseImport.Profiles.Merging;

namespace WarehouseImport.Profiles.Import;

/// <summary>
/// Rows of one batch about one person at one instant are one statement: of each field only the greatest value is written. Written one after the other they
/// would end the same, but reading them again in a later run would turn the value over and back each time, since a later run is fresher (G11).
/// </summary>
static class SameInstantFold
{
    public static bool IsSameStatement(ProfileUpdate left, ProfileUpdate right) =>
        left.ModifiedAt == right.ModifiedAt && left.Identifiers[0].Identifier == right.Identifiers[0].Identifier;

    /// <summary>The rows with only those values and secondary identifiers that no other of them beats; equal ones stay with the first row that has them.</summary>
    public static ProfileUpdate[] Fold(ReadOnlySpan<ProfileUpdate> rows, ImmutableArray<FieldTarget> targets)
    {
        var values = new Dictionary<int, (string? Json, int Row)>();
        var identifiers = new Dictionary<IdentifierKind, (string Value, int Row)>();
        for (var row = 0; row < rows.Length; row++)
        {
            foreach (var write in rows[row].Writes)
            {
                if (targets[write.Target].Mode != WriteMode.Replace) continue;
                if (!values.TryGetValue(write.Target, out var best) || Compare(write.Json, best.Json, targets[write.Target].Strength) > 0) values[write.Target] = (write.Json, row);
            }

            foreach (var claim in rows[row].Identifiers.AsSpan()[1..])
            {
                var identifier = claim.Identifier;
                if (!identifiers.TryGetValue(identifier.Kind, out var best) || string.CompareOrdinal(identifier.Value, best.Value) > 0) identifiers[identifier.Kind] = (identifier.Value, row);
            }
        }

        var folded = new ProfileUpdate[rows.Length];
        for (var row = 0; row < rows.Length; row++)
        {
            var position = row;
            folded[row] = rows[row] with
            {
                Identifiers = [rows[row].Identifiers[0], .. rows[row].Identifiers.Skip(1).Where(c => identifiers[c.Identifier.Kind].Row == position)],
                Writes = [.. rows[row].Writes.Where(w => targets[w.Target].Mode != WriteMode.Replace || values[w.Target].Row == position)],
            };
        }

        return folded;
    }

    private static int Compare(string? left, string? right, FieldStrength strength)
    {
        var order = string.CompareOrdinal(left, right);
        return strength == FieldStrength.Ordinary ? order : -order;
    }
}
