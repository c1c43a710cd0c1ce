using WarehouseImport.Profiles.Problems;

namespace WarehouseImport.Profiles.Values;

/// <summary>How a cursor column is to be read (profile-import-rules 11).</summary>
public sealed record InstantOptions
{
    /// <value>The zone of values without one, bare dates included; UTC by default (H8).</value>
    public TimeZoneInfo Zone { get; init; } = TimeZoneInfo.Utc;

    /// <value>The unit of an integer column; required for one.</value>
    public EpochUnit? Unit { get; init; }

    /// <value>
    /// The one form of a text column, in the letters of <c>YYYY-MM-DDTHH:MM:SS.ffffffZ</c> (a space for T; 0–12 f's; Z or none; the time as a
    /// whole may be missing). Null accepts every form of 7.5, which is right only where values are not compared as text in the source.
    /// </value>
    public string? TextForm { get; init; }
}

/// <summary>
/// Reads <c>modified_at</c> with up to 12 fraction digits (G6, H7). Chosen once per column; thread-safe.
/// A local time that happens twice resolves to the earlier instant, a skipped one moves forward by the gap.
/// </summary>
public sealed class InstantParser
{
    private readonly InputKind _kind;
    private readonly InstantOptions _options;

    /// <exception cref="ArgumentException">The kind cannot be a cursor, an integer has no unit, or the text form is not one.</exception>
    public InstantParser(InputKind kind, InstantOptions? options = null)
    {
        _kind = kind;
        _options = options ?? new InstantOptions();
        if (!IsSupported(kind))
            throw new ArgumentException($"A column of kind {kind} cannot be modified_at; dates, timestamps, text and integers can.", nameof(kind));
        if (kind == InputKind.Integer && _options.Unit is null)
            throw new ArgumentException("An integer modified_at needs its unit: seconds, milliseconds, microseconds or nanoseconds.", nameof(options));
        if (_options.TextForm is { } form && !IsTextForm(form))
            throw new ArgumentException($"'{form}' is not a form such as YYYY-MM-DDTHH:MM:SS.ffffffZ.", nameof(options));
    }

    /// <summary>Whether a column of this kind can be <c>modified_at</c> (11.2); binary floats cannot, they lose instants.</summary>
    public static bool IsSupported(InputKind kind) =>
        kind is InputKind.Text or InputKind.Integer or InputKind.Date or InputKind.Timestamp or InputKind.TimestampWithZone;

    /// <summary>Whether a text states one form whose values sort as text like their instants (H9).</summary>
    public static bool IsTextForm(string form)
    {
        if (form == "YYYY-MM-DD") return true;
        if (form.Length < 19 || !form.StartsWith("YYYY-MM-DD", StringComparison.Ordinal) || form[10] is not ('T' or ' ')) return false;
        var rest = form.AsSpan(11);
        if (!rest.StartsWith("HH:MM:SS", StringComparison.Ordinal)) return false;
        rest = rest[8..];
        if (rest is [.., 'Z']) rest = rest[..^1];
        if (rest.IsEmpty) return true;
        return rest[0] == '.' && rest.Length is > 1 and <= 1 + SourceInstant.FractionDigits && !rest[1..].ContainsAnyExcept('f');
    }

    public bool TryParse(ReadOnlySpan<char> cell, out SourceInstant instant)
    {
        instant = default;
        switch (_kind)
        {
            case InputKind.Integer:
                return DateText.TryParseEpoch(cell, _options.Unit!.Value, out instant);
            case InputKind.Text:
                if (_options.TextForm is { } form && !HasForm(cell, form)) return false;
                return DateText.TryParse(cell, SourceInstant.FractionDigits, _options.Zone, out instant);
            default:
                return DateText.TryParseIso(cell.Trim(), SourceInstant.FractionDigits, out var parts) && parts.TryToInstant(_options.Zone, out instant);
        }
    }

    /// <summary>The problem of a cell that <see cref="TryParse"/> refused: <c>cursor_unparsable</c>.</summary>
    public static Problem Unparsable(string cell, string column) =>
        ProblemCatalogue.Fill(ProblemCodes.CursorUnparsable, ("value", cell), ("column", column));

    private static bool HasForm(ReadOnlySpan<char> cell, string form)
    {
        if (cell.Length != form.Length) return false;
        for (var i = 0; i < form.Length; i++)
        {
            var literal = form[i] is '-' or ':' or '.' or ' ' or 'T' or 'Z';
            if (literal ? cell[i] != form[i] : !char.IsAsciiDigit(cell[i])) return false;
        }

        return true;
    }
}
