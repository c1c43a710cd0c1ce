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

    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

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
        var profile = new Profile(stored.Id)
        {
            RowVersion = stored.RowVersion,
            CreatedAt = stored.CreatedAt,
            UpdatedAt = stored.UpdatedAt,
            FirstSource = stored.FirstSource,
            LastSource = stored.LastSource,
        };
        var values = DecodeDocument(stored.Document);
        DecodeVersions(stored.Versions, values, profile);
        return profile;
    }

    /// <summary>The effective values by field path, ordered by path.</summary>
    public static SortedDictionary<string, string> EffectiveValues(Profile profile)
    {
        var values = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var field in profile.Registers.Keys)
        {
            if (profile.Value(field) is { } value) values.Add(field, value);
        }

        foreach (var (field, list) in profile.Lists)
        {
            if (list.Effective is { } value) values.Add(field, value);
        }

        return values;
    }

    private static string EncodeDocument(Profile profile)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer, WriterOptions))
        {
            var values = EffectiveValues(profile);
            json.WriteStartObject();
            WriteGroup(json, values, null, null);
            WriteGroup(json, values, LocationPrefix, "location");
            WriteGroup(json, values, PropertyPrefix, "properties");
            WriteConsent(json, profile);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void WriteGroup(Utf8JsonWriter json, SortedDictionary<string, string> values, string? prefix, string? name)
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
                foreach (var nested in member.Value.EnumerateObject()) values.Add($"{member.Name}.{nested.Name}", CanonicalJson.Canonicalise(nested.Value.GetRawText()));
            }
            else
            {
                values.Add(member.Name, CanonicalJson.Canonicalise(member.Value.GetRawText()));
            }
        }

        return values;
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

        var named = new List<(string Field, FieldState State, Register Register)>();
        foreach (var (field, register) in profile.Registers)
        {
            var state = register.Value is null ? FieldState.Cleared : profile.Value(field) is null ? FieldState.Released : FieldState.InDocument;
            if (state != FieldState.InDocument || table.IndexOf(register.Version) != 0) named.Add((field, state, register));
        }

        named.Sort((left, right) => string.CompareOrdinal(left.Field, right.Field));
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
        private readonly Dictionary<FieldVersion, int> _index = [];

        public VersionTable(Profile profile)
        {
            var uses = new Dictionary<FieldVersion, int>();
            foreach (var register in profile.Registers.Values) uses[register.Version] = uses.GetValueOrDefault(register.Version) + 1;
            foreach (var list in profile.Lists.Values)
            {
                if (list.Base is { } whole) uses.TryAdd(whole.Version, 0);
                foreach (var element in list.Elements.Values) uses.TryAdd(element.Version, 0);
            }

            foreach (var entry in Entries(profile.Consent)) uses.TryAdd(entry.Version, 0);

            Versions = [.. uses.OrderByDescending(u => u.Value)
                .ThenBy(u => u.Key.Instant).ThenBy(u => u.Key.SyncId).ThenBy(u => u.Key.RunSeq).ThenBy(u => u.Key.Precedence).ThenBy(u => u.Key.Strength)
                .Select(u => u.Key)];
            for (var i = 0; i < Versions.Count; i++) _index.Add(Versions[i], i);
            SyncIds = [.. Versions.Select(v => v.SyncId).Distinct()];
        }

        public List<FieldVersion> Versions { get; }

        public List<Guid> SyncIds { get; }

        public int IndexOf(in FieldVersion version) => _index[version];
    }
}
