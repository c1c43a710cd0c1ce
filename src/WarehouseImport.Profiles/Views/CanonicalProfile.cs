using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using WarehouseImport.Profiles.Consent;
using WarehouseImport.Profiles.Storage;

namespace WarehouseImport.Profiles.Views;

/// <summary>
/// The canonical profile (guarantees section 1): identifiers, values and source instants in one fixed byte encoding. Two profiles are the same iff these bytes are.
/// Leaves out generated ids, wall-clock bookkeeping, run numbers and history.
/// </summary>
public static class CanonicalProfile
{
    public static byte[] Encode(StoredProfile stored)
    {
        using var output = new MemoryStream();
        using (var json = new Utf8JsonWriter(output, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            var profile = ProfileView.From(stored);
            foreach (var field in profile.Fields)
            {
                json.WriteStartObject(field.Field);
                if (field.State == FieldState.Held)
                {
                    json.WritePropertyName("value");
                    json.WriteRawValue(field.Json!, skipInputValidation: true);
                }
                else
                {
                    json.WriteString("state", field.State == FieldState.Released ? "released" : "cleared");
                    if (field.Json is not null) json.WriteString("claimed", field.Json);
                }

                json.WriteString("instant", field.Version.Instant.ToString());
                foreach (var element in field.Elements) json.WriteString((element.IsPresent ? "+" : "-") + element.Json, element.Version.Instant.ToString());
                json.WriteEndObject();
            }

            if (profile.Consent.Count > 0) WriteConsent(json, profile.Consent);
            if (profile.EmailSuppressions.Count > 0 || profile.StatedSuppressions.Count > 0) WriteSuppressions(json, profile);
            json.WriteEndObject();
        }

        return output.ToArray();
    }

    private static void WriteConsent(Utf8JsonWriter json, IReadOnlyList<ConsentView> registers)
    {
        json.WriteStartObject("consent");
        foreach (var register in registers)
        {
            json.WriteStartObject($"{register.Kind.Name()} {register.Address}");
            json.WriteString("status", register.Status.Name());
            foreach (var statement in register.Statements)
            {
                json.WriteStartObject(statement.Part);
                json.WriteString("instant", statement.Instant.ToString());
                json.WriteString("row_instant", statement.Version.Instant.ToString());
                json.WriteString("method", statement.Method.Name());
                if (statement.CustomSource is not null) json.WriteString("custom_source", statement.CustomSource);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WriteSuppressions(Utf8JsonWriter json, ProfileView profile)
    {
        json.WriteStartObject("email_suppressions");
        foreach (var suppression in profile.EmailSuppressions) json.WriteString(suppression.Reason.Name(), suppression.Instant.ToString());
        foreach (var (reason, instants) in profile.StatedSuppressions) json.WriteString($"{reason.Name()} stated", $"{instants.Earliest} … {instants.Latest}");
        json.WriteEndObject();
    }

    /// <summary>The encoding as text, for comparison messages.</summary>
    public static string Describe(StoredProfile stored) => Encoding.UTF8.GetString(Encode(stored));
}
