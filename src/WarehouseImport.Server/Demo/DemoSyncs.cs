using System.Text.Json.Nodes;

namespace WarehouseImport.Server.Demo;

/// <summary>The demo's four syncs. Their mappings overlap on purpose: all four name the e-mail address, two the loyalty tier.</summary>
internal static class DemoSyncs
{
    public static JsonObject Customers(Guid connectionId) => Sync("CRM customers", connectionId, "crm.customers", "customer_id", "external_id", "updated_at",
        [
            Field("email", "email"),
            Field("phone", "phone_number"),
            Field("first_name", "first_name"),
            Field("last_name", "last_name"),
            Field("company", "organization"),
            Field("job_title", "title"),
            Field("street", "location.address1"),
            Field("city", "location.city"),
            Field("region", "location.region"),
            Field("country", "location.country"),
            Field("zip", "location.zip"),
            Field("timezone", "location.timezone"),
            Field("locale", "locale"),
            Field("birthday", "properties.birthday", "text"),
            Field("signed_up", "properties.signed_up", "date"),
            Field("tags", "properties.tags", "list"),
            Field("loyalty_tier", "properties.tier", "text"),
            Field("sms_consent", "consent.sms.marketing"),
            Field("is_vip", "properties.is_vip", "boolean"),
        ]);

    public static JsonObject Balances(Guid connectionId)
    {
        var sync = Sync("Loyalty balances", connectionId, "loyalty.balances", "customer_id", "external_id", "updated_at",
            [
                Field("card_email", "email"),
                Field("balance", "properties.balance", "number"),
                Field("points", "properties.points", "number"),
                Field("tier", "properties.tier", "text"),
                Field("enrolled", "properties.enrolled", "boolean"),
                Field("enrolled_on", "properties.enrolled_on", "date"),
            ]);
        sync["cursor"]!["zone"] = "UTC";
        sync["recordStale"] = true;
        sync["allowSharedProperties"] = new JsonArray("properties.tier");
        return sync;
    }

    public static JsonObject Segments(Guid connectionId) => Sync("Segments", connectionId, "analytics.segments", "email", "email", "computed_at",
        [
            Field("segment", "properties.segment", "text"),
            Field("orders", "properties.orders", "number"),
            Field("lifetime_value", "properties.lifetime_value", "number"),
            Field("predicted_next_order", "properties.predicted_next_order", "date"),
            Field("churn_risk", "properties.churn_risk", "number"),
        ]);

    public static JsonObject Signups(Guid connectionId)
    {
        var campaign = Field("campaign", "source");
        campaign["required"] = true;
        var sync = Sync("Web sign-ups", connectionId, "web.signups", "email", "email", "submitted_at",
            [
                Field("phone", "phone_number"),
                Field("customer_no", "external_id"),
                Field("profile_id", "id"),
                Field("consent", "consent.email.marketing"),
                Field("consented_at", "consent.email.marketing.timestamp"),
                Field("suppression_reason", "suppression.reason"),
                campaign,
                Field("age", "properties.age", "number"),
                Field("wants_catalogue", "properties.wants_catalogue", "boolean"),
                Field("interests", "properties.interests", "list"),
                Field("answers", "properties.answers", "json"),
                Field("comment", "properties.comment", "text"),
                Field("avatar", "image"),
                Field("ip", "location.ip"),
                Field("latitude", "location.latitude"),
                Field("longitude", "location.longitude"),
            ]);
        sync["identifier"]!["fixed"] = true;
        sync["orphans"] = "absorb";
        return sync;
    }

    private static JsonObject Sync(string name, Guid connectionId, string dataset, string identifier, string kind, string cursor, JsonArray fields) => new()
    {
        ["name"] = name,
        ["connectionId"] = connectionId,
        ["dataset"] = dataset,
        ["identifier"] = new JsonObject { ["column"] = identifier, ["kind"] = kind },
        ["cursor"] = new JsonObject { ["column"] = cursor },
        ["fields"] = fields,
        ["schedule"] = new JsonObject { ["manual"] = true },
    };

    private static JsonObject Field(string column, string target, string? type = null)
    {
        var field = new JsonObject { ["column"] = column, ["target"] = target };
        if (type is not null) field["type"] = type;
        return field;
    }
}
