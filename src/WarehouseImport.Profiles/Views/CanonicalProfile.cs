using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
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
            foreach (var field in ProfileView.From(stored).Fields)
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

            json.WriteEndObject();
        }

        return output.ToArray();
    }

    /// <summary>The encoding as text, for comparison messages.</summary>
    public static string Describe(StoredProfile stored) => Encoding.UTF8.GetString(Encode(stored));
}
