using System.Text.Json;
using WarehouseImport.Profiles;
using WarehouseImport.Profiles.Consent;
using WarehouseImport.Profiles.Values;
using WarehouseImport.Syncs.Mapping;

namespace WarehouseImport.Syncs.Tests.Mapping;

public sealed class ApiRowReaderTests
{
    private static readonly SourceInstant Now = SourceInstant.Parse("2024-05-06T07:08:09Z");

    [Fact]
    public void Read_NestedAndDottedMembers_MeanTheSame()
    {
        var nested = Read("""{"email":"A@example.com","location":{"city":"Bonn"},"properties":{"points":1.50,"vip":true}}""");
        var dotted = Read("""{"email":"A@example.com","location.city":"Bonn","properties.points":1.5,"properties.vip":true}""");

        Assert.Equal(Writes(nested), Writes(dotted));
        Assert.Equal("location.city=\"Bonn\" properties.points=1.5 properties.vip=true", Writes(nested));
        Assert.Equal(Now, nested.Page.Updates[0].ModifiedAt);
    }

    [Fact]
    public void Read_Null_ClearsAFieldAndIsNoIdentifier()
    {
        var rows = Read("""{"email":"a@example.com","phone_number":null,"first_name":null,"properties":{"x":null}}""");

        Assert.Equal("first_name=<clear> properties.x=<clear>", Writes(rows));
        Assert.Single(rows.Page.Updates[0].Identifiers);
    }

    [Theory]
    [InlineData("""{"email":"a@example.com","phone_number":"2345678901"}""", "phone_invalid")]
    [InlineData("""{"email":"a@example.com","phone_number":"+1 234 567 8900"}""", "phone_invalid")]
    [InlineData("""{"first_name":"Jane"}""", "identifier_missing")]
    [InlineData("""{"email":"a@example.com","first_nmae":"Jane"}""", "property_name_invalid")]
    [InlineData("""{"email":"a@example.com","locale_country":"DE"}""", "property_read_only")]
    [InlineData("""{"email":"a@example.com","properties":{"$x":1}}""", "property_name_reserved")]
    [InlineData("""{"email":"a@example.com","modified_at":"yesterday"}""", "cursor_unparsable")]
    [InlineData("""{"email":"a@example.com","first_name":"\ud800"}""", "text_invalid")]
    [InlineData("""{"email":"a@example.com","location":{"city":"a"},"location.city":"b"}""", "mapping_duplicate_target")]
    [InlineData("""{"email":"x@@","properties":{"points":"many"}}""", "email_invalid,number_invalid")]
    [InlineData("[]", "json_invalid,identifier_missing")]
    public void Read_BadRow_IsRefusedWithItsCodes(string row, string codes)
    {
        var rows = Read(row);

        Assert.Empty(rows.Page.Updates);
        Assert.Equal(codes, string.Join(',', Assert.Single(rows.Page.Refused).Problems.Select(problem => problem.Problem.Code)));
    }

    [Theory]
    [InlineData("""{"email":"a@example.com","consent.email.marketing":"Subscribed","modified_at":"2024-01-01"}""")]
    [InlineData("""{"email":"a@example.com","consent":{"email.marketing":true,"email.marketing.timestamp":"2024-01-01","sms.marketing":null}}""")]
    public void Read_Consent_IsAStatementWithItsInstant(string row)
    {
        var update = Assert.Single(Read(row).Page.Updates);

        Assert.Equal([new ConsentWrite(ConsentRegisterKind.EmailMarketing, ConsentStatement.Subscribed, SourceInstant.Parse("2024-01-01T00:00:00Z"))], update.Consent);
    }

    [Theory]
    [InlineData("""{"email":"a@example.com","consent.whatsapp.marketing":"Subscribed"}""", "consent_channel_unsupported")]
    [InlineData("""{"email":"a@example.com","consent.email.marketing":"maybe"}""", "consent_value_invalid")]
    [InlineData("""{"email":"a@example.com","consent.email.marketing":["Subscribed"]}""", "column_type_unsupported")]
    [InlineData("""{"email":"a@example.com","consent.email.marketing.timestamp":"2024-05-07"}""", "consent_timestamp_in_future")]
    public void Read_BadConsent_RefusesTheRow(string row, string code)
    {
        var rows = Read(row);

        Assert.Empty(rows.Page.Updates);
        Assert.Equal(code, Assert.Single(Assert.Single(rows.Page.Refused).Problems).Problem.Code);
    }

    [Fact]
    public void Read_SeveralRows_ShareTargetsAndColumns()
    {
        var rows = Read("""{"email":"a@example.com","first_name":"A"}""", """{"external_id":7,"last_name":"B","modified_at":"2024-01-01"}""", """{"last_name":"C"}""");

        Assert.Equal(["email", "first_name", "external_id", "last_name", "modified_at"], rows.Columns);
        Assert.Equal(["first_name", "last_name"], rows.Page.Targets.Select(target => target.Field));
        Assert.Equal("2024-01-01T00:00:00Z", rows.Page.Updates[1].ModifiedAt.ToString());
        Assert.Equal([null, null, null, "C"], Assert.Single(rows.Page.Refused).Cells.Take(4));
    }

    private static string Writes(ApiRows rows) =>
        string.Join(' ', rows.Page.Updates[0].Writes.Select(write => $"{rows.Page.Targets[write.Target].Field}={write.Json ?? "<clear>"}"));

    private static ApiRows Read(params string[] rows) =>
        new ApiRowReader(new Dictionary<string, PropertyType> { ["points"] = PropertyType.Number }).Read([.. rows.Select(row => JsonDocument.Parse(row).RootElement)], Now);
}
