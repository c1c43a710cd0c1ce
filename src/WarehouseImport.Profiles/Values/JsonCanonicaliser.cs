using System.Globalization;
using System.Text;
using WarehouseImport.Profiles.Problems;

namespace WarehouseImport.Profiles.Values;

/// <summary>
/// Reads strict JSON and writes the canonical text in one pass. Our own reader, because the framework's gives numbers and broken surrogates only
/// through exceptions or binary floats.
/// </summary>
internal ref struct JsonCanonicaliser(ReadOnlySpan<char> json)
{
    private const string RawControlCharacter = "a text contains a control character that is not escaped";

    private readonly ReadOnlySpan<char> _json = json;
    private readonly StringBuilder _output = new(json.Length);
    private int _position;
    private Fault _fault;
    private string _reason = "";

    private enum Fault
    {
        None,
        Syntax,
        TooDeep,
        Unstorable,
        Item,
        TooManyItems,
    }

    /// <summary>Canonicalises a whole document.</summary>
    public bool TryDocument(out string? canonical, out Problem? error)
    {
        SkipSpace();
        var read = Value(depth: 0) && End();
        canonical = read ? _output.ToString() : null;
        error = read ? null : DocumentProblem();
        return read;
    }

    /// <summary>Canonicalises a list property (profile-import-rules 7.6): an array of texts, numbers and booleans; nulls are left out.</summary>
    public bool TryList(int maxItems, out string? canonical, out Problem? error)
    {
        SkipSpace();
        var read = List(maxItems) && End();
        canonical = read ? _output.ToString() : null;
        error = read ? null : ListProblem(maxItems);
        return read;
    }

    private bool List(int maxItems)
    {
        if (!Take('[')) return Fail(Fault.Syntax, "it is not an array");
        _output.Append('[');
        SkipSpace();
        if (Take(']'))
        {
            _output.Append(']');
            return true;
        }

        var items = 0;
        while (true)
        {
            SkipSpace();
            if (_position < _json.Length && _json[_position] is '[' or '{') return Fail(Fault.Item, "an item is itself a list or an object");
            if (TakeWord("null"))
            {
                SkipSpace();
            }
            else
            {
                if (++items > maxItems) return CountTooMany(items);
                if (items > 1) _output.Append(',');
                if (!ListItem()) return false;
            }

            SkipSpace();
            if (Take(',')) continue;
            if (!Take(']')) return Unexpected("a comma or the end of the list");
            _output.Append(']');
            return true;
        }
    }

    private bool ListItem()
    {
        if (_position < _json.Length && (_json[_position] == '-' || char.IsAsciiDigit(_json[_position])))
        {
            if (!NumberToken(out var number)) return false;
            if (ExactNumber.Canonicalise(number, ExactNumber.MaxDigits, ExactNumber.MaxScale, out var canonical) != ExactNumber.Fault.None)
                return Fail(Fault.Item, $"the number {ProblemCatalogue.Show(number.ToString())} needs more than {ExactNumber.MaxDigits} digits");
            _output.Append(canonical);
            return true;
        }

        if (_position < _json.Length && _json[_position] == '"')
        {
            if (!Text(out var text)) return false;
            _output.Append(CanonicalJson.OfText(UnicodeText.Nfc(text)));
            return true;
        }

        return Value(depth: 0);
    }

    // Only the exact number of items is still wanted, for the message; the surplus is read over without being kept.
    private bool CountTooMany(int items)
    {
        while (true)
        {
            if (!Value(depth: 0)) return false;
            SkipSpace();
            if (!Take(',')) break;
            SkipSpace();
            items++;
        }

        return Fail(Fault.TooManyItems, items.ToString(CultureInfo.InvariantCulture));
    }

    private bool Value(int depth)
    {
        if (_position >= _json.Length) return Fail(Fault.Syntax, "it ends too early");
        var c = _json[_position];
        switch (c)
        {
            case '{':
                return Object(depth + 1);
            case '[':
                return Array(depth + 1);
            case '"':
                if (!Text(out var text)) return false;
                _output.Append(CanonicalJson.OfText(text));
                return true;
            case 't' when TakeWord("true"):
                _output.Append("true");
                return true;
            case 'f' when TakeWord("false"):
                _output.Append("false");
                return true;
            case 'n' when TakeWord("null"):
                _output.Append("null");
                return true;
            case '-' or (>= '0' and <= '9'):
                return Number();
            default:
                return Unexpected("a value");
        }
    }

    private bool Array(int depth)
    {
        if (depth > CanonicalJson.MaxDepth) return Fail(Fault.TooDeep, "");
        _position++;
        _output.Append('[');
        SkipSpace();
        if (!Take(']'))
        {
            while (true)
            {
                SkipSpace();
                if (!Value(depth)) return false;
                SkipSpace();
                if (Take(']')) break;
                if (!Take(',')) return Unexpected("a comma or the end of the list");
                _output.Append(',');
            }
        }

        _output.Append(']');
        return true;
    }

    private bool Object(int depth)
    {
        if (depth > CanonicalJson.MaxDepth) return Fail(Fault.TooDeep, "");
        _position++;
        _output.Append('{');
        SkipSpace();
        if (Take('}'))
        {
            _output.Append('}');
            return true;
        }

        var start = _output.Length;
        var members = new List<Member>();
        var sorted = true;
        while (true)
        {
            SkipSpace();
            if (_position >= _json.Length || _json[_position] != '"') return Unexpected("a key in quotes");
            if (!Text(out var key)) return false;
            if (members.Count > 0) _output.Append(',');
            var memberStart = _output.Length;
            _output.Append(CanonicalJson.OfText(key)).Append(':');
            SkipSpace();
            if (!Take(':')) return Unexpected("a colon");
            SkipSpace();
            if (!Value(depth)) return false;
            sorted &= members.Count == 0 || string.CompareOrdinal(members[^1].Key, key) < 0;
            members.Add(new Member(key, memberStart - start, _output.Length - memberStart));
            SkipSpace();
            if (Take('}')) break;
            if (!Take(',')) return Unexpected("a comma or the end of the object");
        }

        if (!sorted && !Sort(members, start)) return false;
        _output.Append('}');
        return true;
    }

    private bool Sort(List<Member> members, int start)
    {
        var written = _output.ToString(start, _output.Length - start);
        members.Sort((left, right) => string.CompareOrdinal(left.Key, right.Key));
        _output.Length = start;
        for (var i = 0; i < members.Count; i++)
        {
            // Keeping one of the two would drop a value silently.
            if (i > 0 && members[i - 1].Key == members[i].Key) return Fail(Fault.Syntax, $"the key {ProblemCatalogue.Show(members[i].Key)} appears twice in one object");
            if (i > 0) _output.Append(',');
            _output.Append(written, members[i].Start, members[i].Length);
        }

        return true;
    }

    private bool Number()
    {
        if (!NumberToken(out var number)) return false;
        if (ExactNumber.Canonicalise(number, ExactNumber.MaxJsonDigits, ExactNumber.MaxJsonDigits, out var canonical) != ExactNumber.Fault.None)
            return Fail(Fault.Syntax, $"the number {ProblemCatalogue.Show(number.ToString())} needs more than {ExactNumber.MaxJsonDigits} digits");
        _output.Append(canonical);
        return true;
    }

    private bool NumberToken(out ReadOnlySpan<char> number)
    {
        var start = _position;
        while (_position < _json.Length && (char.IsAsciiDigit(_json[_position]) || _json[_position] is '-' or '+' or '.' or 'e' or 'E')) _position++;
        number = _json[start.._position];
        var digits = number is ['-', ..] ? number[1..] : number;
        if (digits is ['0', >= '0' and <= '9', ..] || !ExactNumber.IsNumber(number))
            return Fail(Fault.Syntax, $"{ProblemCatalogue.Show(number.ToString())} is not a JSON number");
        return true;
    }

    private bool Text(out string text)
    {
        text = "";
        _position++;
        var rest = _json[_position..];
        var special = rest.IndexOfAny('"', '\\');
        if (special < 0) return Fail(Fault.Syntax, "a text is not closed");
        if (rest[special] == '"')
        {
            // NUL has a fault of its own, whether escaped or not.
            if (rest[..special].ContainsAnyInRange('\u0001', '\u001F')) return Fail(Fault.Syntax, RawControlCharacter);
            text = rest[..special].ToString();
            _position += special + 1;
        }
        else if (!EscapedText(out text))
        {
            return false;
        }

        return UnicodeText.IsStorable(text) || Fail(Fault.Unstorable, "");
    }

    private bool EscapedText(out string text)
    {
        text = "";
        var decoded = new StringBuilder();
        while (_position < _json.Length)
        {
            var c = _json[_position++];
            if (c == '"')
            {
                text = decoded.ToString();
                return true;
            }

            if (c is >= '\u0001' and < ' ') return Fail(Fault.Syntax, RawControlCharacter);
            if (c != '\\')
            {
                decoded.Append(c);
                continue;
            }

            if (_position >= _json.Length) break;
            var escape = _json[_position++];
            switch (escape)
            {
                case '"' or '\\' or '/':
                    decoded.Append(escape);
                    break;
                case 'b':
                    decoded.Append('\b');
                    break;
                case 'f':
                    decoded.Append('\f');
                    break;
                case 'n':
                    decoded.Append('\n');
                    break;
                case 'r':
                    decoded.Append('\r');
                    break;
                case 't':
                    decoded.Append('\t');
                    break;
                case 'u' when _position + 4 <= _json.Length
                    && ushort.TryParse(_json.Slice(_position, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var unit):
                    decoded.Append((char)unit);
                    _position += 4;
                    break;
                default:
                    return Fail(Fault.Syntax, $"a text contains the escape \\{ProblemCatalogue.Show(escape.ToString())}, which JSON does not know");
            }
        }

        return Fail(Fault.Syntax, "a text is not closed");
    }

    private bool End()
    {
        SkipSpace();
        return _position == _json.Length || Unexpected("nothing more");
    }

    private void SkipSpace()
    {
        while (_position < _json.Length && _json[_position] is ' ' or '\t' or '\n' or '\r') _position++;
    }

    private bool Take(char c)
    {
        if (_position >= _json.Length || _json[_position] != c) return false;
        _position++;
        return true;
    }

    private bool TakeWord(string word)
    {
        if (!_json[_position..].StartsWith(word, StringComparison.Ordinal)) return false;
        _position += word.Length;
        return true;
    }

    private bool Unexpected(string expected) => _position >= _json.Length
        ? Fail(Fault.Syntax, "it ends too early")
        : Fail(Fault.Syntax, $"character {_position + 1} is {ProblemCatalogue.Show(_json[_position].ToString())} where {expected} should be");

    private bool Fail(Fault fault, string reason)
    {
        _fault = fault;
        _reason = reason;
        return false;
    }

    private readonly Problem DocumentProblem() => _fault switch
    {
        Fault.TooDeep => ProblemCatalogue.Fill(ProblemCodes.JsonTooDeep, ("max", CanonicalJson.MaxDepth.ToString(CultureInfo.InvariantCulture))),
        Fault.Unstorable => ProblemCatalogue.Fill(ProblemCodes.TextInvalid),
        _ => ProblemCatalogue.Fill(ProblemCodes.JsonInvalid, ("reason", _reason)),
    };

    private readonly Problem ListProblem(int maxItems) => _fault switch
    {
        Fault.TooManyItems => ProblemCatalogue.Fill(ProblemCodes.ListTooLong, ("n", _reason), ("max", maxItems.ToString(CultureInfo.InvariantCulture))),
        Fault.Unstorable => ProblemCatalogue.Fill(ProblemCodes.TextInvalid),
        Fault.Item or Fault.TooDeep => ProblemCatalogue.Fill(ProblemCodes.ListItemInvalid, ("value", Head()), ("reason", _reason)),
        _ => ProblemCatalogue.Fill(ProblemCodes.ListInvalid, ("value", Head()), ("reason", _reason)),
    };

    private readonly string Head() => _json[..Math.Min(_json.Length, 2 * ProblemCatalogue.MaxShownCharacters + 2)].ToString();

    private readonly record struct Member(string Key, int Start, int Length);
}
