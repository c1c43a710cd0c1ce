using CsCheck;
using WarehouseImport.Profiles.Consent;
using WarehouseImport.Profiles.Identifiers;
using WarehouseImport.Profiles.Import;
using WarehouseImport.Profiles.Merging;
using WarehouseImport.Profiles.Views;

namespace WarehouseImport.Profiles.Tests.Merging;

public sealed class ProfileCodecTests
{
    private static readonly Gen<FieldVersion> GenVersion =
        from strength in Gen.Int[0, 1]
        from seconds in Gen.Long[SourceInstant.MinValue.Seconds, SourceInstant.MaxValue.Seconds]
        from picoseconds in Gen.Long[0, 999_999_999_999]
        from precedence in Gen.Int[-1000, 1000]
        from sync in Gen.Int[0, 2]
        from run in Gen.Long[0, long.MaxValue]
        select new FieldVersion((FieldStrength)strength, new SourceInstant(seconds, picoseconds), precedence, new Guid(sync, 0, 0, new byte[8]), run);

    private static readonly Gen<(string Field, WriteMode Mode, string? Value, FieldVersion Version)[]> GenWrites = Gen.Select(
        Gen.OneOf("email", "first_name", "location.city", "properties.a.b", "properties.\"x\"", "properties.é🎈"),
        Gen.OneOf(WriteMode.Replace, WriteMode.Append, WriteMode.Remove),
        Gen.OneOf<string?>(null, "\"v\"", "12.5", "true", "[\"a\",1]", "{\"k\":[1]}", "\"\\n\""),
        GenVersion).Array[0, 12];

    [Fact]
    public void Decode_EncodedProfile_IsTheSameProfile() => GenWrites.Sample(
        writes =>
        {
            var profile = new Profile(Ulid.NewUlid()) { Group = new RunGroup(Guid.NewGuid(), Outcome.Stale, writes.Length > 0 ? writes[0].Version.Instant : SourceInstant.MinValue, 42) };
            foreach (var (field, mode, value, version) in writes)
            {
                var isList = field.StartsWith("properties.a", StringComparison.Ordinal);
                profile.Write(field, isList ? mode : WriteMode.Replace, isList ? "[\"a\",1]" : value, version);
            }

            profile.SetReleased(IdentifierKind.Email, writes.Length % 2 == 1 && profile.Claim(IdentifierKind.Email)?.Value is not null);

            var stored = ProfileCodec.Encode(profile);
            var decoded = ProfileCodec.Decode(stored);

            Assert.Equal(CanonicalProfile.Describe(stored), CanonicalProfile.Describe(ProfileCodec.Encode(decoded)));
            Assert.Equal(profile.Group, decoded.Group);
            Assert.Equal(profile.Registers.OrderBy(r => r.Key), decoded.Registers.OrderBy(r => r.Key));
            Assert.Equal(profile.IsReleased(IdentifierKind.Email), decoded.IsReleased(IdentifierKind.Email));
        },
        iter: 20_000);

    [Fact]
    public void Decode_EncodedConsent_IsTheSameConsent() => Gen.Select(
        Gen.Int[0, 2],
        Gen.OneOf("a@x.example", "+447400123456", "é🎈@x.example"),
        Gen.Int[0, 3],
        Gen.Bool,
        GenVersion,
        Gen.Int[0, 3],
        Gen.OneOf<string?>(null, "", "Till \"3\"")).Array[0, 8].Sample(
        statements =>
        {
            var profile = new Profile(Ulid.NewUlid());
            foreach (var (kind, address, statement, isOwnInstant, version, method, source) in statements)
            {
                var ordinary = version with { Strength = FieldStrength.Ordinary };
                var instant = isOwnInstant ? version.Instant.AddClamped(TimeSpan.FromDays(-1)) : version.Instant;
                var entry = new ConsentEntry(instant, ordinary, (ConsentMethod)method, new Guid(method, 0, 0, new byte[8]), source);
                profile.Consent.Add(new ConsentKey((ConsentRegisterKind)kind, address), (ConsentStatement)statement, entry);
                profile.Write("email", WriteMode.Replace, $"\"{address}\"", ordinary);
                if (isOwnInstant) profile.Consent.Add((SuppressionReason)statement, new SuppressionRegister(instant, version.Instant));
            }

            var stored = ProfileCodec.Encode(profile);
            var decoded = ProfileCodec.Decode(stored);

            Assert.Equal(stored.Document, ProfileCodec.Encode(decoded).Document);
            Assert.Equal(stored.Versions, ProfileCodec.Encode(decoded).Versions);
            Assert.Equal(profile.Consent.Registers.Keys, decoded.Consent.Registers.Keys);
            Assert.All(profile.Consent.Registers, register => Assert.Equivalent(register.Value, decoded.Consent.Registers[register.Key], strict: true));
            Assert.Equal(profile.Consent.Suppressions, decoded.Consent.Suppressions);
        },
        iter: 20_000);

    [Fact]
    public void Encode_ConsentOfOneRow_TakesFewBytesBesideTheAddress()
    {
        var version = new FieldVersion(FieldStrength.Ordinary, new SourceInstant(1_600_000_000, 123), 0, Guid.NewGuid(), 7);
        var profile = new Profile(Ulid.NewUlid());
        profile.Write("email", WriteMode.Replace, "\"a@x.example\"", version);
        var without = ProfileCodec.Encode(profile).Versions.Length;
        var entry = new ConsentEntry(version.Instant, version, ConsentMethod.Warehouse, Guid.NewGuid(), null);
        profile.Consent.Add(new ConsentKey(ConsentRegisterKind.EmailMarketing, "a@x.example"), ConsentStatement.Subscribed, entry);

        var with = ProfileCodec.Encode(profile).Versions.Length;

        Assert.True(with - without <= 40, $"One consent took {with - without} bytes.");
    }

    [Fact]
    public void Encode_FieldsOfOneRow_ShareOneVersion()
    {
        var version = new FieldVersion(FieldStrength.Ordinary, new SourceInstant(1_600_000_000, 123), 0, Guid.NewGuid(), 7);
        var profile = new Profile(Ulid.NewUlid());
        for (var i = 0; i < 10; i++) profile.Write($"properties.p{i}", WriteMode.Replace, "1", version);

        var stored = ProfileCodec.Encode(profile);

        Assert.True(stored.Versions.Length < 48, $"Ten fields of one row took {stored.Versions.Length} bytes of versions.");
    }
}
