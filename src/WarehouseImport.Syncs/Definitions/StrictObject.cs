using System.Globalization;
using System.Text.Json;
using WarehouseImport.Syncs.Setup;

namespace WarehouseImport.Syncs.Definitions;

/// <summary>
/// Reads the members of a JSON object one by one and reports, with JSON pointers, every member that is missing, of the wrong type, repeated or unknown.
/// All problems are collected, so that a person mends a request once.
/// </summary>
internal sealed class StrictObject
{
    private readonly JsonElement _element;
    private readonly string _pointer;
    private readonly List<SetupProblem> _problems;
    private readonly List<string> _known = [];

    public StrictObject(JsonElement element, string pointer, List<SetupProblem> problems)
    {
        (_element, _pointer, _problems) = (element, pointer, problems);
        if (element.ValueKind != JsonValueKind.Object) Report(SetupCodes.ValueInvalid, $"{Name(pointer)} is {Describe(element)}; it must be an object.", pointer);
    }

    public bool IsObject => _element.ValueKind == JsonValueKind.Object;

    public static string Escape(string member) => member.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);

    public string PointerTo(string member) => $"{_pointer}/{Escape(member)}";

    /// <summary>A member, or null if it is absent or JSON null.</summary>
    public JsonElement? Find(string member)
    {
        _known.Add(member);
        return IsObject && _element.TryGetProperty(member, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
    }

    /// <summary>A member that must be there; reported with <paramref name="code"/> if it is not.</summary>
    public JsonElement? Need(string member, string code = SetupCodes.MemberMissing, string? fix = null)
    {
        var value = Find(member);
        if (value is null && IsObject) Report(code, $"{Name(PointerTo(member))} is missing.", PointerTo(member), fix);
        return value;
    }

    public string? Text(string member, bool isNeeded = false)
    {
        var value = isNeeded ? Need(member) : Find(member);
        if (value is not { } element) return null;
        if (element.ValueKind == JsonValueKind.String) return element.GetString();
        Wrong(member, element, "a text");
        return null;
    }

    public bool Flag(string member)
    {
        if (Find(member) is not { } element) return false;
        if (element.ValueKind is JsonValueKind.True or JsonValueKind.False) return element.GetBoolean();
        Wrong(member, element, "true or false");
        return false;
    }

    public int Integer(string member, int absent)
    {
        if (Find(member) is not { } element) return absent;
        if (element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out var value)) return value;
        Wrong(member, element, "a whole number");
        return absent;
    }

    public TimeSpan? Duration(string member)
    {
        if (Find(member) is not { } element) return null;
        if (element.ValueKind == JsonValueKind.String && DurationText.TryParse(element.GetString(), out var value)) return value;
        Wrong(member, element, "a duration such as 30s, 15m, 1h or 1d");
        return null;
    }

    public T? Word<T>(string member, (string Word, T Value)[] words, bool isNeeded = false)
        where T : struct, Enum
    {
        var value = isNeeded ? Need(member) : Find(member);
        if (value is not { } element) return null;
        if (element.ValueKind == JsonValueKind.String)
        {
            var text = element.GetString();
            foreach (var (word, choice) in words)
                if (word == text) return choice;
        }

        Wrong(member, element, $"one of {string.Join(", ", words.Select(entry => entry.Word))}");
        return null;
    }

    public void Wrong(string member, JsonElement element, string allowed) =>
        Report(SetupCodes.ValueInvalid, $"{Name(PointerTo(member))} is {Describe(element)}; it must be {allowed}.", PointerTo(member));

    /// <summary>Reports unknown and repeated members; called after every member was asked for.</summary>
    public void Finish()
    {
        if (!IsObject) return;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var member in _element.EnumerateObject())
        {
            if (!_known.Contains(member.Name))
            {
                Report(
                    SetupCodes.MemberUnknown,
                    $"'{Shorten(member.Name)}' is not a member of {Name(_pointer)}; allowed are {string.Join(", ", _known)}.",
                    PointerTo(member.Name));
            }
            else if (!seen.Add(member.Name))
            {
                Report(SetupCodes.ValueInvalid, $"{Name(PointerTo(member.Name))} is given twice.", PointerTo(member.Name));
            }
        }
    }

    internal static string Describe(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.String => $"'{Shorten(element.GetString()!)}'",
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => Shorten(element.GetRawText()),
        _ => "null",
    };

    internal static string Shorten(string text) =>
        text.Length <= 80 ? text : string.Create(CultureInfo.InvariantCulture, $"{text.AsSpan(0, 79)}…");

    internal static string Name(string pointer) => pointer.Length == 0 ? "the request" : pointer[1..].Replace('/', '.');

    private void Report(string code, string message, string pointer, string? fix = null) => _problems.Add(new SetupProblem(code, message, pointer, fix));
}
