using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace WarehouseImport.Warehouses.Snowflake;

/// <summary>
/// Turns the text of cells into the exact form of <see cref="ColumnKind"/>, digit by digit: no clock type holds nine digits and the years 1 to 9999, and no binary
/// number holds 38 digits (H7, H24). A text of another shape than documented is passed on as it is, and the value parser says so.
/// </summary>
/// <remarks>One per column. Remembers short texts, because most columns repeat few of them.</remarks>
internal sealed class SnowflakeCells(SnowflakeForm form)
{
    private const int RememberedBytes = 32;
    private const int Slots = 64;

    private const long SecondsPerDay = 86_400;
    private const int MaxExpandedDigits = 100;
    private const int MaxFractionDigits = 12;

    private readonly string?[] _remembered = new string?[Slots];

    public string Convert(ReadOnlySpan<byte> cell)
    {
        switch (form)
        {
            case SnowflakeForm.Boolean:
                return Boolean(cell);
            case SnowflakeForm.Real:
                return Real(cell);
            case SnowflakeForm.DecFloat:
                return DecFloat(cell);
            case SnowflakeForm.Days:
                return Date(cell);
            case SnowflakeForm.SecondsOfDay:
                return Time(cell);
            case SnowflakeForm.WallSeconds:
                return Timestamp(cell, isUtc: false);
            case SnowflakeForm.Seconds:
                return Timestamp(cell, isUtc: true);
            case SnowflakeForm.Json:
                return CompactJson(cell);
            default:
                return Plain(cell);
        }
    }

    private static string Boolean(ReadOnlySpan<byte> cell) =>
        Ascii.EqualsIgnoreCase(cell, "true") || cell.SequenceEqual("1"u8) ? "true"
        : Ascii.EqualsIgnoreCase(cell, "false") || cell.SequenceEqual("0"u8) ? "false"
        : Text(cell);

    // A FLOAT is a double in the warehouse, so its shortest text is found through one.
    private static string Real(ReadOnlySpan<byte> cell)
    {
        if (Ascii.EqualsIgnoreCase(cell, "nan")) return "NaN";
        if (Ascii.EqualsIgnoreCase(cell, "inf") || Ascii.EqualsIgnoreCase(cell, "infinity")) return "Infinity";
        if (Ascii.EqualsIgnoreCase(cell, "-inf") || Ascii.EqualsIgnoreCase(cell, "-infinity")) return "-Infinity";
        if (!double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) || double.IsInfinity(value)) return Text(cell);
        Span<char> text = stackalloc char[32];
        value.TryFormat(text, out var length, "R", CultureInfo.InvariantCulture);
        var exponent = text[..length].IndexOf('E');
        if (exponent >= 0) text[exponent] = 'e';
        return new string(text[..length]);
    }

    // Up to 38 digits plain, then scientific: written out where that stays readable, else kept.
    private static string DecFloat(ReadOnlySpan<byte> cell)
    {
        var mark = cell.IndexOfAny((byte)'e', (byte)'E');
        if (mark < 0) return Text(cell);
        var mantissa = cell[..mark];
        var sign = mantissa.Length > 0 && mantissa[0] is (byte)'-' ? "-" : "";
        if (mantissa.Length > 0 && mantissa[0] is (byte)'-' or (byte)'+') mantissa = mantissa[1..];
        var power = cell[(mark + 1)..];
        if (power.Length > 0 && power[0] == '+') power = power[1..];
        var point = mantissa.IndexOf((byte)'.');
        var whole = point < 0 ? mantissa : mantissa[..point];
        var fraction = point < 0 ? default : mantissa[(point + 1)..];
        if (!Utf8Parser.TryParse(power, out int exponent, out var used) || used != power.Length || Math.Abs(exponent) > MaxExpandedDigits
            || whole.Length + fraction.Length == 0 || whole.ContainsAnyExceptInRange((byte)'0', (byte)'9') || fraction.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
        {
            return Text(cell);
        }

        var digits = Encoding.ASCII.GetString(whole) + Encoding.ASCII.GetString(fraction);
        var position = whole.Length + exponent;
        if (position <= 0) digits = new string('0', 1 - position) + digits;
        else if (position > digits.Length) digits = digits.PadRight(position, '0');
        position = Math.Max(position, 1);
        var integral = digits[..position].TrimStart('0');
        var rest = digits[position..];
        return $"{sign}{(integral.Length == 0 ? "0" : integral)}{(rest.Length == 0 ? "" : ".")}{rest}";
    }

    private static string Date(ReadOnlySpan<byte> cell)
    {
        if (!Utf8Parser.TryParse(cell, out long days, out var used) || used != cell.Length || Math.Abs(days) > 10_000_000) return Text(cell);
        Span<char> text = stackalloc char[16];
        return new string(text[..WriteDate(text, days)]);
    }

    private static string Time(ReadOnlySpan<byte> cell)
    {
        if (!TrySeconds(cell, out var seconds, out var fraction, out var isNegative) || isNegative || seconds >= SecondsPerDay || fraction.Length > MaxFractionDigits) return Text(cell);
        Span<char> text = stackalloc char[32];
        var length = WriteTime(text, seconds);
        length += WriteFraction(text[length..], fraction);
        return new string(text[..length]);
    }

    private static string Timestamp(ReadOnlySpan<byte> cell, bool isUtc)
    {
        // TIMESTAMP_TZ: the instant is given, the offset only says how its clock showed it.
        var instant = cell;
        var space = cell.IndexOf((byte)' ');
        if (isUtc && space > 0)
        {
            instant = cell[..space];
            var offset = cell[(space + 1)..];
            if (!Utf8Parser.TryParse(offset, out int _, out var used) || used != offset.Length) return Text(cell);
        }

        if (!TrySeconds(instant, out var seconds, out var digits, out var isNegative) || seconds > 1_000_000_000_000) return Text(cell);
        Span<byte> fraction = stackalloc byte[MaxFractionDigits];
        if (digits.Length > fraction.Length) return Text(cell);
        digits.CopyTo(fraction);
        fraction = fraction[..digits.Length];
        if (isNegative)
        {
            // -0.5 is half a second before the epoch: the second before, and half a second after that.
            seconds = -seconds;
            if (Complement(fraction)) seconds--;
        }

        var days = seconds >= 0 ? seconds / SecondsPerDay : ((seconds + 1) / SecondsPerDay) - 1;
        Span<char> text = stackalloc char[48];
        var length = WriteDate(text, days);
        text[length++] = 'T';
        length += WriteTime(text[length..], seconds - (days * SecondsPerDay));
        length += WriteFraction(text[length..], fraction);
        if (isUtc) text[length++] = 'Z';
        return new string(text[..length]);
    }

    /// <summary>Splits <c>[-]digits[.digits]</c>.</summary>
    private static bool TrySeconds(ReadOnlySpan<byte> text, out long seconds, out ReadOnlySpan<byte> fraction, out bool isNegative)
    {
        isNegative = text.Length > 0 && text[0] == '-';
        if (isNegative) text = text[1..];
        var point = text.IndexOf((byte)'.');
        var whole = point < 0 ? text : text[..point];
        fraction = point < 0 ? default : text[(point + 1)..];
        seconds = 0;
        return whole.Length is > 0 and <= 18 && !whole.ContainsAnyExceptInRange((byte)'0', (byte)'9') && !fraction.ContainsAnyExceptInRange((byte)'0', (byte)'9')
            && Utf8Parser.TryParse(whole, out seconds, out _);
    }

    /// <summary>One minus the fraction, in place.</summary>
    /// <returns>False if the fraction is zero and stays so.</returns>
    private static bool Complement(Span<byte> fraction)
    {
        var last = fraction.LastIndexOfAnyExcept((byte)'0');
        if (last < 0) return false;
        for (var index = 0; index < last; index++) fraction[index] = (byte)('0' + '9' - fraction[index]);
        fraction[last] = (byte)('0' + 10 - (fraction[last] - '0'));
        return true;
    }

    // Days to year, month and day over 400-year eras that begin in March, so that the leap day is a year's last.
    private static int WriteDate(Span<char> text, long days)
    {
        var shifted = days + 719_468;
        var era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097;
        var dayOfEra = shifted - (era * 146_097);
        var yearOfEra = (dayOfEra - (dayOfEra / 1_460) + (dayOfEra / 36_524) - (dayOfEra / 146_096)) / 365;
        var dayOfYear = dayOfEra - ((365 * yearOfEra) + (yearOfEra / 4) - (yearOfEra / 100));
        var monthFromMarch = ((5 * dayOfYear) + 2) / 153;
        var day = dayOfYear - (((153 * monthFromMarch) + 2) / 5) + 1;
        var month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
        var year = yearOfEra + (era * 400) + (month <= 2 ? 1 : 0);

        int length;
        if (year is >= 0 and <= 9999)
        {
            WriteTwo(text, year / 100);
            WriteTwo(text[2..], year % 100);
            length = 4;
        }
        else
        {
            year.TryFormat(text, out length, "0000", CultureInfo.InvariantCulture);
        }

        text[length++] = '-';
        length += WriteTwo(text[length..], month);
        text[length++] = '-';
        return length + WriteTwo(text[length..], day);
    }

    private static int WriteTime(Span<char> text, long seconds)
    {
        WriteTwo(text, seconds / 3600);
        text[2] = ':';
        WriteTwo(text[3..], seconds / 60 % 60);
        text[5] = ':';
        WriteTwo(text[6..], seconds % 60);
        return 8;
    }

    private static int WriteTwo(Span<char> text, long value)
    {
        text[0] = (char)('0' + (value / 10));
        text[1] = (char)('0' + (value % 10));
        return 2;
    }

    private static int WriteFraction(Span<char> text, ReadOnlySpan<byte> fraction)
    {
        var digits = fraction.TrimEnd((byte)'0');
        if (digits.Length == 0) return 0;
        text[0] = '.';
        for (var index = 0; index < digits.Length; index++) text[index + 1] = (char)digits[index];
        return digits.Length + 1;
    }

    /// <summary>
    /// Takes the white space between tokens out, which Snowflake pretty-prints, and writes the <c>undefined</c> that it shows for an SQL NULL inside an array as <c>null</c>.
    /// Everything else, numbers above all, stays as written.
    /// </summary>
    private static string CompactJson(ReadOnlySpan<byte> cell)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(cell.Length);
        var length = 0;
        var isInside = false;
        for (var index = 0; index < cell.Length; index++)
        {
            var letter = cell[index];
            if (isInside)
            {
                buffer[length++] = letter;
                if (letter == '\\' && index + 1 < cell.Length) buffer[length++] = cell[++index];
                else if (letter == '"') isInside = false;
            }
            else if (letter == 'u' && cell[index..].StartsWith("undefined"u8))
            {
                "null"u8.CopyTo(buffer.AsSpan(length));
                length += 4;
                index += "undefined".Length - 1;
            }
            else if (letter is not ((byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t'))
            {
                buffer[length++] = letter;
                isInside = letter == '"';
            }
        }

        var text = Text(buffer.AsSpan(0, length));
        ArrayPool<byte>.Shared.Return(buffer);
        return text;
    }

    private string Plain(ReadOnlySpan<byte> cell)
    {
        if (cell.Length == 0) return "";
        if (cell.Length > RememberedBytes) return Text(cell);
        var hash = (uint)cell.Length;
        foreach (var letter in cell) hash = (hash * 31) + letter;
        ref var remembered = ref _remembered[(hash ^ (hash >> 15)) % Slots];
        if (remembered is not null && remembered.Length == cell.Length && Ascii.Equals(cell, remembered)) return remembered;
        return remembered = Text(cell);
    }

    private static string Text(ReadOnlySpan<byte> cell) => Encoding.UTF8.GetString(cell);
}
