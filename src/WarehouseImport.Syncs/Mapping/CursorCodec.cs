using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using WarehouseImport.Profiles;
using WarehouseImport.Syncs.Definitions;
using WarehouseImport.Syncs.Scheduling;
using WarehouseImport.Syncs.Setup;
using WarehouseImport.Warehouses;

namespace WarehouseImport.Syncs.Mapping;

/// <summary>
/// Reads a dataset's native cursor text as exact source instants and writes window ends in the same form (profile-import-rules 11, H7–H9).
/// Digits are moved as text and integers, never through a clock type or a float (M9, M10). Immutable and safe to share.
/// </summary>
/// <remarks>
/// <para>Reading is monotone: of two values that the warehouse orders, the later never reads as the earlier instant. Without that the largest instant of
/// a page could differ from its last row. So a repeated local time reads as its earlier occurrence and a skipped one as the first moment after the gap.</para>
/// <para>A value coarser than an instant (a date, seconds) stands for the whole span it covers, so a lower end is rounded down to it.</para>
/// </remarks>
public sealed class CursorCodec
{
    private const long PicosecondsPerSecond = 1_000_000_000_000;
    private const int MaxTextForm = 33;

    // Instants count from 1970, local timelines from year 1.
    private static readonly long YearOne = SourceInstant.MinValue.Seconds;

    private readonly ColumnKind _kind;
    private readonly LocalTimeline _zone;
    private readonly bool _isUtc;
    private readonly long _unitsPerSecond;
    private readonly bool _isDateForm;
    private readonly char _separator = 'T';
    private readonly bool _hasZ;
    private readonly int _digits = SourceInstant.FractionDigits;
    private readonly bool _fixedDigits;

    private CursorCodec(ColumnKind kind, TimeZoneInfo zone, CursorUnit? unit, string? textForm)
    {
        _kind = kind;
        _zone = new LocalTimeline(zone);
        _unitsPerSecond = unit switch
        {
            CursorUnit.Seconds => 1,
            CursorUnit.Milliseconds => 1_000,
            CursorUnit.Microseconds => 1_000_000,
            CursorUnit.Nanoseconds => 1_000_000_000,
            _ => 0,
        };
        _isDateForm = kind == ColumnKind.Date;
        _hasZ = kind == ColumnKind.TimestampWithZone;
        if (kind == ColumnKind.Text)
        {
            _isDateForm = textForm!.Length == 10;
            _hasZ = textForm[^1] == 'Z';
            _separator = _isDateForm ? 'T' : textForm[10];
            _digits = textForm.Count(c => c == 'f');
            _fixedDigits = true;
            TextPattern = PatternOf(textForm);
        }

        _isUtc = _hasZ || zone.Equals(TimeZoneInfo.Utc);
    }

    /// <summary>
    /// For a text cursor the regular expression of <see cref="CursorColumn.TextPattern"/>; null otherwise. It checks the form alone: a value such as
    /// <c>2024-99-99</c> fits and is reported by the run as <c>cursor_unparsable</c>.
    /// </summary>
    public string? TextPattern { get; }

    /// <exception cref="ArgumentException">The cursor breaks a rule that <see cref="TryCreate"/> reports.</exception>
    public static CursorCodec Create(CursorDefinition cursor, ColumnKind kind) =>
        TryCreate(cursor, kind, out var codec, out var problem) ? codec : throw new ArgumentException(problem.Message, nameof(cursor));

    /// <summary>Checks the cursor against its column's kind: <c>cursor_type_unsupported</c>, <c>zone_unknown</c>, <c>value_invalid</c>. Pointers are relative to the cursor.</summary>
    public static bool TryCreate(
        CursorDefinition cursor,
        ColumnKind kind,
        [NotNullWhen(true)] out CursorCodec? codec,
        [NotNullWhen(false)] out SetupProblem? problem)
    {
        codec = null;
        problem = Check(cursor, kind);
        if (problem is not null) return false;

        var zone = TimeZoneInfo.Utc;
        if (cursor.Zone is not null && !Zones.TryGet(cursor.Zone, out zone))
        {
            problem = Schedule.UnknownZone(cursor.Zone, "/zone");
            return false;
        }

        codec = new CursorCodec(kind, zone, cursor.Unit, cursor.TextForm);
        return true;
    }

    /// <summary>The warehouse's view of the cursor, for window queries and statistics.</summary>
    public CursorColumn ToColumn(CursorDefinition cursor) => new(cursor.Column, cursor.SecondColumn, cursor.Combine, TextPattern);

    /// <summary>Reads a native value. False if it is not in the column's form, does not exist or lies outside the years 1–9999 (<c>cursor_unparsable</c>).</summary>
    public bool TryParse(ReadOnlySpan<char> text, out SourceInstant instant)
    {
        if (_kind == ColumnKind.Integer) return TryParseInteger(text, out instant);

        instant = default;
        if (_hasZ)
        {
            if (text.IsEmpty || text[^1] != 'Z') return false;
            text = text[..^1];
        }

        if (!TryParseLocal(text, out var local, out var picoseconds)) return false;
        var isSkipped = false;
        var seconds = (_isUtc ? local : _zone.ToUtc(local, out isSkipped)) + YearOne;
        if (isSkipped) picoseconds = 0;
        if (seconds < SourceInstant.MinValue.Seconds || seconds > SourceInstant.MaxValue.Seconds) return false;
        instant = new SourceInstant(seconds, picoseconds);
        return true;
    }

    /// <summary>
    /// The least native value that can mean the instant or a later one, inclusive. Goes back to the start of a repeated hour that is not over at the
    /// instant (H8), and to the start of the value's span where values are coarser than instants (H9).
    /// </summary>
    public string FormatLowerBound(SourceInstant instant)
    {
        if (_kind == ColumnKind.Integer) return FormatInteger(instant);
        var utc = instant.Seconds - YearOne;
        if (_isUtc) return FormatLocal(utc, instant.Picoseconds);
        var local = _zone.ToLocal(utc);
        var least = _zone.LeastLocalFrom(utc);
        return FormatLocal(least, least < local ? 0 : instant.Picoseconds);
    }

    /// <summary>The greatest native value that reads as the instant or an earlier one, inclusive; digits the form cannot hold are cut off.</summary>
    public string FormatUpperBound(SourceInstant instant)
    {
        if (_kind == ColumnKind.Integer) return FormatInteger(instant);
        var utc = instant.Seconds - YearOne;
        if (_isUtc) return FormatLocal(utc, instant.Picoseconds);
        return _zone.IsSecondPass(utc, out var end)
            ? FormatLocal(end - 1, PicosecondsPerSecond - 1)
            : FormatLocal(_zone.ToLocal(utc), instant.Picoseconds);
    }

    private static SetupProblem? Check(CursorDefinition cursor, ColumnKind kind)
    {
        switch (kind)
        {
            case ColumnKind.Timestamp or ColumnKind.TimestampWithZone or ColumnKind.Date:
                if (cursor.Unit is not null) return Invalid($"Column {cursor.Column} is a {Describe(kind)}; a unit is only for integer cursors.", "/unit");
                if (cursor.TextForm is not null) return Invalid($"Column {cursor.Column} is a {Describe(kind)}; a text form is only for text cursors.", "/textForm");
                break;
            case ColumnKind.Integer:
                if (cursor.Unit is null)
                    return Invalid($"Column {cursor.Column} is an integer and needs its unit: seconds, milliseconds, microseconds or nanoseconds.", "/unit");
                if (cursor.TextForm is not null) return Invalid($"Column {cursor.Column} is an integer; a text form is only for text cursors.", "/textForm");
                break;
            case ColumnKind.Text:
                if (cursor.Unit is not null) return Invalid($"Column {cursor.Column} is text; a unit is only for integer cursors.", "/unit");
                if (cursor.TextForm is null || !IsTextForm(cursor.TextForm))
                {
                    return Invalid(
                        $"The form '{cursor.TextForm}' of the text column {cursor.Column} is not one that sorts as text like its instants.",
                        "/textForm",
                        "State the one form of its values: YYYY-MM-DD, or YYYY-MM-DDTHH:MM:SS with T or a space, up to 12 f after a point, and Z if they end in it.");
                }

                break;
            default:
                return new SetupProblem(
                    WarehouseErrors.CursorUnsupported,
                    $"Column {cursor.Column} is {(kind == ColumnKind.Float ? "a binary float, whose last digits are lost," : $"of kind {Describe(kind)}")} and cannot be the cursor.",
                    "/column",
                    "Choose a timestamp, a date, text in one ISO form, or an integer with a stated unit.");
        }

        var hasOwnZone = kind is ColumnKind.TimestampWithZone or ColumnKind.Integer || (kind == ColumnKind.Text && cursor.TextForm!.EndsWith('Z'));
        return hasOwnZone && cursor.Zone is not null
            ? Invalid($"Values of column {cursor.Column} are instants already; a zone ({cursor.Zone}) is only for values without one.", "/zone")
            : null;
    }

    private static SetupProblem Invalid(string message, string pointer, string? fix = null) => new(SetupCodes.ValueInvalid, message, pointer, fix);

    private static string Describe(ColumnKind kind) => kind switch
    {
        ColumnKind.TimestampWithZone => "timestamp with time zone",
        _ => kind.ToString().ToLowerInvariant(),
    };

    private static bool IsTextForm(ReadOnlySpan<char> form)
    {
        if (form.Length > MaxTextForm) return false;
        if (form is "YYYY-MM-DD") return true;
        if (form.EndsWith("Z")) form = form[..^1];
        if (form.Length < 19 || !form.StartsWith("YYYY-MM-DD") || form[10] is not ('T' or ' ') || form[11..19] is not "HH:MM:SS") return false;
        form = form[19..];
        return form.IsEmpty || (form[0] == '.' && form.Length is >= 2 and <= 1 + SourceInstant.FractionDigits && !form[1..].ContainsAnyExcept('f'));
    }

    private static string PatternOf(string form)
    {
        var pattern = new StringBuilder("^");
        for (var start = 0; start < form.Length;)
        {
            var end = start + 1;
            if (char.IsAsciiLetter(form[start]) && form[start] is not ('T' or 'Z'))
            {
                while (end < form.Length && form[end] == form[start]) end++;
                pattern.Append(CultureInfo.InvariantCulture, $"[0-9]{{{end - start}}}");
            }
            else
            {
                pattern.Append(form[start] == '.' ? "[.]" : form[start].ToString());
            }

            start = end;
        }

        return pattern.Append('$').ToString();
    }

    private static bool TryDigits(ReadOnlySpan<char> text, out long value)
    {
        value = 0;
        foreach (var c in text)
        {
            if (!char.IsAsciiDigit(c)) return false;
            value = value * 10 + (c - '0');
        }

        return true;
    }

    private bool TryParseInteger(ReadOnlySpan<char> text, out SourceInstant instant)
    {
        instant = default;
        var digits = text.StartsWith("-") ? text[1..] : text;
        if (digits.Length is 0 or > 38 || digits.ContainsAnyExceptInRange('0', '9')) return false;
        if (!Int128.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)) return false;

        var rest = value % _unitsPerSecond;
        if (rest < 0) rest += _unitsPerSecond;
        var seconds = (value - rest) / _unitsPerSecond;
        if (seconds < SourceInstant.MinValue.Seconds || seconds > SourceInstant.MaxValue.Seconds) return false;
        instant = new SourceInstant((long)seconds, (long)rest * (PicosecondsPerSecond / _unitsPerSecond));
        return true;
    }

    private bool TryParseLocal(ReadOnlySpan<char> text, out long local, out long picoseconds)
    {
        (local, picoseconds) = (0, 0);
        if (text.Length < 10 || text[4] != '-' || text[7] != '-') return false;
        if (!TryDigits(text[..4], out var year) || !TryDigits(text[5..7], out var month) || !TryDigits(text[8..10], out var day)) return false;
        if (year < 1 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth((int)year, (int)month)) return false;
        local = new DateOnly((int)year, (int)month, (int)day).DayNumber * 86_400L;
        if (_isDateForm) return text.Length == 10;

        if (text.Length < 19 || text[10] != _separator || text[13] != ':' || text[16] != ':') return false;
        if (!TryDigits(text[11..13], out var hour) || !TryDigits(text[14..16], out var minute) || !TryDigits(text[17..19], out var second)) return false;
        if (hour > 23 || minute > 59 || second > 59) return false;
        local += hour * 3600 + minute * 60 + second;

        var fraction = text[19..];
        if (fraction.IsEmpty) return !_fixedDigits || _digits == 0;
        if (fraction[0] != '.' || fraction.Length < 2 || fraction.Length - 1 > _digits || (_fixedDigits && fraction.Length - 1 != _digits)) return false;
        if (!TryDigits(fraction[1..], out picoseconds)) return false;
        for (var digit = fraction.Length - 1; digit < SourceInstant.FractionDigits; digit++) picoseconds *= 10;
        return true;
    }

    private string FormatInteger(SourceInstant instant)
    {
        var value = (Int128)instant.Seconds * _unitsPerSecond + instant.Picoseconds / (PicosecondsPerSecond / _unitsPerSecond);
        return value.ToString(CultureInfo.InvariantCulture);
    }

    private string FormatLocal(long local, long picoseconds)
    {
        // A zone's offset may carry the first and the last hours of the calendar out of it.
        if (local < 0) (local, picoseconds) = (0, 0);
        if (local > LocalTimeline.MaxSeconds) (local, picoseconds) = (LocalTimeline.MaxSeconds, PicosecondsPerSecond - 1);

        var days = Math.DivRem(local, 86_400, out var secondOfDay);
        var date = DateOnly.FromDayNumber((int)days);
        var dateText = string.Create(CultureInfo.InvariantCulture, $"{date.Year:D4}-{date.Month:D2}-{date.Day:D2}");
        if (_isDateForm) return dateText;

        var fraction = picoseconds.ToString("D12", CultureInfo.InvariantCulture).AsSpan(0, _digits);
        if (!_fixedDigits) fraction = fraction.TrimEnd('0');
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{dateText}{_separator}{secondOfDay / 3600:D2}:{secondOfDay / 60 % 60:D2}:{secondOfDay % 60:D2}{(fraction.IsEmpty ? "" : ".")}{fraction}{(_hasZ ? "Z" : "")}");
    }
}
