using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using WarehouseImport.Profiles.Identifiers;
using WarehouseImport.Profiles.Storage;
using WarehouseImport.Profiles.Values;

namespace WarehouseImport.Profiles.Merging;

/// <summary>
/// Turns a profile into what is stored, and back: one plain JSON document of effective values, and beside it the compact version column.
/// </summary>
/// <remarks>
/// Versions shared by many fields are written once: the first version in the table is the default of every field of the document, and only
/// fields that differ are named. The fields of one row share theirs, so most profiles name none (design section 6 has the measurements).
/// </remarks>
static partial class ProfileCodec
{
    private const byte Format = 1;
    private const string LocationPrefix = "location.";
    private const string PropertyPrefix = "properties.";

    private const int MaxKeptCharacters = 64 * 1024;

    private static readonly SearchValues<char> PlainNameCharacters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_ -.");

    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    [ThreadStatic]
    private static StringBuilder? _document;

    /// <summary>How a field that is named in the version column gets its value.</summary>
    private enum FieldState : byte
    {
        InDocument = 0,
        Cleared = 1,
        Released = 2,
    }

    public static StoredProfile Encode(Profile profile) => new(
        profile.Id,
        profile.RowVersion,
        EncodeDocument(profile),
        EncodeVersions(profile),
        profile.CreatedAt,
        profile.UpdatedAt,
        profile.FirstSource,
        profile.LastSource);

    public static Profile Decode(StoredProfile stored)
    {
        var values = DecodeDocument(stored.Document);
        var profile = new Profile(stored.Id, values.Count)
        {
            RowVersion = stored.RowVersion,
            CreatedAt = stored.CreatedAt,
            UpdatedAt = stored.UpdatedAt,
            FirstSource = stored.FirstSource,
            LastSource = stored.LastSource,
        };
        DecodeVersions(stored.Versions, values, profile);
        return profile;
    }

    /// <summary>The effective values by field path, ordered by path.</summary>
    public static List<KeyValuePair<string, string>> EffectiveValues(Profile profile)
    {
        var values = new List<KeyValuePair<string, string>>(profile.Registers.Count + profile.Lists.Count);
        foreach (var (field, register) in profile.Registers)
        {
            if (register.Value is { } value && !profile.IsReleased(field)) values.Add(new(field, value));
        }

        foreach (var (field, list) in profile.Lists)
        {
            if (list.Effective is { } value) values.Add(new(field, value));
        }

        values.Sort(static (left, right) => string.CompareOrdinal(left.Key, right.Key));
        return values;
    }

    private static string EncodeDocument(Profile profile)
    {
        var values = EffectiveValues(profile);
        return profile.Consent.IsEmpty ? EncodeValues(values) : EncodeWithConsent(values, profile);
    }

    /// <summary>Values are JSON text already and most profiles have no consent, so that nothing needs a writer or UTF-8 on the way.</summary>
    private static string EncodeValues(List<KeyValuePair<string, string>> values)
    {
        var json = _document ??= new StringBuilder(1024);
        json.Clear().Append('{');
        AppendGroup(json, values, null, null);
        AppendGroup(json, values, LocationPrefix, "location");
        AppendGroup(json, values, PropertyPrefix, "properties");
        var document = json.Append('}').ToString();
        if (json.Capacity > MaxKeptCharacters) _document = null;
        return document;
    }

    private static void AppendGroup(StringBuilder json, List<KeyValuePair<string, string>> values, string? prefix, string? name)
    {
        var open = false;
        foreach (var (field, value) in values)
        {
            if (prefix is null ? IsNested(field) : !field.StartsWith(prefix, StringComparison.Ordinal)) continue;
            if (json[^1] is not '{') json.Append(',');
            if (!open && name is not null) json.Append('"').Append(name).Append("\":{");
            open = true;
            AppendName(json, prefix is null ? field : field.AsSpan(prefix.Length));
            json.Append(value);
        }

        if (open && name is not null) json.Append('}');
    }

    private static void AppendName(StringBuilder json, ReadOnlySpan<char> name)
    {
        json.Append('"');
        if (name.ContainsAnyExcept(PlainNameCharacters)) json.Append(JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(name.ToString()));
        else json.Append(name);
        json.Append("\":");
    }

    private static string EncodeWithConsent(List<KeyValuePair<string, string>> values, Profile profile)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer, WriterOptions))
        {
            json.WriteStartObject();
            WriteGroup(json, values, null, null);
            WriteGroup(json, values, LocationPrefix, "location");
            WriteGroup(json, values, PropertyPrefix, "properties");
            WriteConsent(json, profile);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void WriteGroup(Utf8JsonWriter json, List<KeyValuePair<string, string>> values, string? prefix, string? name)
    {
        var open = false;
        foreach (var (field, value) in values)
        {
            if (prefix is null ? IsNested(field) : !field.StartsWith(prefix, StringComparison.Ordinal)) continue;
            if (!open && name is not null) json.WriteStartObject(name);
            open = true;
            json.WritePropertyName(prefix is null ? field : field[prefix.Length..]);
            json.WriteRawValue(value, skipInputValidation: true);
        }

        if (open && name is not null) json.WriteEndObject();
    }

    private static bool IsNested(string field) =>
        field.StartsWith(LocationPrefix, StringComparison.Ordinal) || field.StartsWith(PropertyPrefix, StringComparison.Ordinal);

    private static Dictionary<string, string> DecodeDocument(string document)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        using var json = JsonDocument.Parse(document);
        foreach (var member in json.RootElement.EnumerateObject())
        {
            // Shown only; the registers it follows from are in the version column.
            if (IsConsent(member.Name)) continue;
            if (member.Name is "location" or "properties")
            {
                foreach (var nested in member.Value.EnumerateObject()) values.Add(string.Concat(member.Name, ".", nested.Name), Canonical(nested.Value));
            }
            else
            {
                values.Add(member.Name, Canonical(member.Value));
            }
        }

        return values;
    }

    /// <summary>
    /// A store may rewrite numbers, escapes and the order of members. A text without a backslash has one form only: JSON forbids unescaped what the canonical
    /// form escapes.
    /// </summary>
    private static string Canonical(JsonElement value)
    {
        var json = value.GetRawText();
        return value.ValueKind switch
        {
            JsonValueKind.True or JsonValueKind.False => json,
            JsonValueKind.String when !json.Contains('\\') => json,
            _ => CanonicalJson.Canonicalise(json),
        };
    }

    private static byte[] EncodeVersions(Profile profile)
    {
        var table = new VersionTable(profile);
        var output = new CompactWriter();
        output.WriteByte(Format);
        output.WriteNumber(table.SyncIds.Count);
        foreach (var syncId in table.SyncIds) output.WriteGuid(syncId);
        output.WriteNumber(table.Versions.Count);
        foreach (var version in table.Versions)
        {
            output.WriteByte((byte)version.Strength);
            output.WriteInstant(version.Instant);
            output.WriteSigned(version.Precedence);
            output.WriteNumber(table.SyncIds.IndexOf(version.SyncId));
            output.WriteNumber(version.RunSeq);
        }

        List<(string Field, FieldState State, Register Register)> named = [];
        foreach (var (field, register) in profile.Registers)
        {
            var state = register.Value is null ? FieldState.Cleared : profile.IsReleased(field) ? FieldState.Released : FieldState.InDocument;
            if (state != FieldState.InDocument || table.IndexOf(register.Version) != 0) named.Add((field, state, register));
        }

        if (named.Count > 1) named.Sort((left, right) => string.CompareOrdinal(left.Field, right.Field));
        output.WriteNumber(named.Count);
        foreach (var (field, state, register) in named)
        {
            output.WriteText(field);
            output.WriteByte((byte)state);
            output.WriteNumber(table.IndexOf(register.Version));
            if (state == FieldState.Released) output.WriteText(register.Value!);
        }

        output.WriteNumber(profile.Lists.Count);
        foreach (var (field, list) in profile.Lists.OrderBy(l => l.Key, StringComparer.Ordinal))
        {
            output.WriteText(field);
            output.WriteNumber(list.Base is null ? 0 : list.Base.Value.Value is null ? 1 : 2);
            if (list.Base is { } whole)
            {
                output.WriteNumber(table.IndexOf(whole.Version));
                if (whole.Value is not null) output.WriteText(whole.Value);
            }

            output.WriteNumber(list.Elements.Count);
            foreach (var (item, element) in list.Elements)
            {
                output.WriteText(item);
                output.WriteByte(element.IsPresent ? (byte)1 : (byte)0);
                output.WriteNumber(table.IndexOf(element.Version));
            }
        }

        output.WriteByte(profile.Group is null ? (byte)0 : (byte)1);
        if (profile.Group is { } group)
        {
            output.WriteGuid(group.RunId);
            output.WriteByte((byte)group.Outcome);
            output.WriteInstant(group.Greatest);
            output.WriteFixed(group.Digest);
        }

        EncodeConsent(output, profile.Consent, table);
        return output.ToArray();
    }

    private static void DecodeVersions(byte[] encoded, Dictionary<string, string> values, Profile profile)
    {
        var input = new CompactReader(encoded);
        var format = input.ReadByte();
        if (format != Format) throw new InvalidDataException($"Profile {profile.Id} has version column format {format}; this build reads format {Format}.");

        var syncIds = new Guid[input.ReadNumber()];
        for (var i = 0; i < syncIds.Length; i++) syncIds[i] = input.ReadGuid();
        var versions = new FieldVersion[input.ReadNumber()];
        for (var i = 0; i < versions.Length; i++)
        {
            versions[i] = new FieldVersion((FieldStrength)input.ReadByte(), input.ReadInstant(), (int)input.ReadSigned(), syncIds[input.ReadNumber()], input.ReadNumber());
        }

        for (var named = input.ReadNumber(); named > 0; named--)
        {
            var field = input.ReadText();
            var state = (FieldState)input.ReadByte();
            var version = versions[input.ReadNumber()];
            var value = state switch
            {
                FieldState.InDocument => values.Remove(field, out var stored) ? stored : throw new InvalidDataException($"Profile {profile.Id}: the document lacks {field}."),
                FieldState.Released => input.ReadText(),
                _ => null,
            };
            profile.Restore(field, new Register(value, version));
            if (state == FieldState.Released && IdentifierKinds.TryParse(field, out var kind)) profile.SetReleased(kind, true);
        }

        for (var lists = input.ReadNumber(); lists > 0; lists--)
        {
            var field = input.ReadText();
            var list = new ListRegister();
            var baseState = input.ReadNumber();
            if (baseState != 0)
            {
                var version = versions[input.ReadNumber()];
                list.Restore(new Register(baseState == 2 ? input.ReadText() : null, version));
            }

            for (var elements = input.ReadNumber(); elements > 0; elements--)
            {
                var item = input.ReadText();
                list.Restore(item, new ElementRegister(input.ReadByte() == 1, versions[input.ReadNumber()]));
            }

            profile.Restore(field, list);
            values.Remove(field);
        }

        foreach (var (field, value) in values) profile.Restore(field, new Register(value, versions[0]));

        if (input.ReadByte() == 1) profile.Group = new RunGroup(input.ReadGuid(), (Outcome)input.ReadByte(), input.ReadInstant(), input.ReadFixed());
        DecodeConsent(input, versions, profile.Consent);
    }

    /// <summary>The distinct versions of a profile, the most frequent one among its document's fields first.</summary>
    private sealed class VersionTable
    {
        // Comparing with a handful of versions costs less than hashing one; lists written element by element may have a thousand.
        private const int MostCompared = 8;

        private readonly List<int> _uses = [];
        private Dictionary<FieldVersion, int>? _index;

        public VersionTable(Profile profile)
        {
            foreach (var register in profile.Registers.Values) Use(register.Version, 1);
            foreach (var list in profile.Lists.Values)
            {
                if (list.Base is { } whole) Use(whole.Version, 0);
                foreach (var element in list.Elements.Values) Use(element.Version, 0);
            }

            if (!profile.Consent.IsEmpty)
            {
                foreach (var entry in Entries(profile.Consent)) Use(entry.Version, 0);
            }

            if (Versions.Count > 1) Sort();
            foreach (var version in Versions)
            {
                if (!SyncIds.Contains(version.SyncId)) SyncIds.Add(version.SyncId);
            }
        }

        public List<FieldVersion> Versions { get; } = [];

        public List<Guid> SyncIds { get; } = [];

        public int IndexOf(in FieldVersion version)
        {
            if (_index is not null) return _index[version];
            var index = Find(version);
            return index >= 0 ? index : throw new InvalidOperationException("A version was not counted.");
        }

        private void Use(in FieldVersion version, int uses)
        {
            var index = _index is null ? Find(version) : _index.GetValueOrDefault(version, -1);
            if (index >= 0)
            {
                _uses[index] += uses;
                return;
            }

            _index?.Add(version, Versions.Count);
            Versions.Add(version);
            _uses.Add(uses);
            if (_index is null && Versions.Count > MostCompared) Index();
        }

        private int Find(in FieldVersion version)
        {
            for (var index = 0; index < Versions.Count; index++)
                if (Versions[index] == version) return index;
            return -1;
        }

        private void Index()
        {
            _index = new Dictionary<FieldVersion, int>(Versions.Count * 2);
            for (var index = 0; index < Versions.Count; index++) _index.Add(Versions[index], index);
        }

        private void Sort()
        {
            var order = new int[Versions.Count];
            for (var index = 0; index < order.Length; index++) order[index] = index;
            Array.Sort(order, (left, right) => _uses[left] != _uses[right] ? _uses[right].CompareTo(_uses[left]) : Compare(Versions[left], Versions[right]));
            var sorted = Array.ConvertAll(order, index => Versions[index]);
            Versions.Clear();
            Versions.AddRange(sorted);
            if (_index is not null) Index();
        }

        private static int Compare(in FieldVersion left, in FieldVersion right)
        {
            var order = left.Instant.CompareTo(right.Instant);
            if (order == 0) order = left.SyncId.CompareTo(right.SyncId);
            if (order == 0) order = left.RunSeq.CompareTo(right.RunSeq);
            if (order == 0) order = left.Precedence.CompareTo(right.Precedence);
            return order != 0 ? order : left.Strength.CompareTo(right.Strength);
        }
    }
}
