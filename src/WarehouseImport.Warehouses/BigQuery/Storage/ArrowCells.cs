using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Apache.Arrow;

namespace WarehouseImport.Warehouses.BigQuery.Storage;

/// <summary>
/// Turns Arrow values into the same exact text as REST's (bigquery-api section 7), so that a run may go from one to the other in the middle and a row has the same
/// digest whichever way it came.
/// </summary>
internal static class ArrowCells
{
    /// <summary>The converter of a column, chosen once.</summary>
    public static Func<IArrowArray, int, string?> For(BigQueryField field)
    {
        var form = BigQueryTypes.FormOf(field);
        if (!field.IsRepeated && form != BigQueryForm.Record) return (array, row) => Scalar(field, form, array, row);

        var buffer = new ArrayBufferWriter<byte>(256);
        return (array, row) =>
        {
            if (!field.IsRepeated && array.IsNull(row)) return null;
            buffer.ResetWrittenCount();
            using (var writer = new Utf8JsonWriter(buffer, NestedJson.WriterOptions)) Write(writer, field, array, row, isElement: false);
            return Encoding.UTF8.GetString(buffer.WrittenSpan);
        };
    }

    private static string? Scalar(BigQueryField field, BigQueryForm form, IArrowArray array, int row)
    {
        if (array.IsNull(row)) return null;
        return (form, array) switch
        {
            (BigQueryForm.Text or BigQueryForm.Json or BigQueryForm.Other, StringArray text) => text.GetString(row),
            (BigQueryForm.Integer, Int64Array integers) => integers.GetValue(row)!.Value.ToString(CultureInfo.InvariantCulture),
            (BigQueryForm.Float, DoubleArray doubles) => BigQueryText.Float(doubles.GetValue(row)!.Value.ToString("R", CultureInfo.InvariantCulture)),
            (BigQueryForm.Boolean, BooleanArray booleans) => booleans.GetValue(row)!.Value ? "true" : "false",
            (BigQueryForm.Decimal, Decimal128Array decimals) => Trim(decimals.GetString(row)),
            (BigQueryForm.Decimal, Decimal256Array decimals) => Trim(decimals.GetString(row)),
            (BigQueryForm.Date, Date32Array dates) => BigQueryText.Date(dates.GetValue(row)!.Value),
            (BigQueryForm.Timestamp, TimestampArray instants) => BigQueryText.TryTimestamp(instants.GetValue(row)!.Value, out var exact) ? exact : throw Unexpected(field, array),
            (BigQueryForm.DateTime, TimestampArray instants) => BigQueryText.DateTime(instants.GetValue(row)!.Value),
            (BigQueryForm.Time, Time64Array times) => BigQueryText.Time(times.GetValue(row)!.Value),
            (BigQueryForm.Other, BinaryArray bytes) => Convert.ToBase64String(bytes.GetBytes(row)),
            _ => throw Unexpected(field, array),
        };
    }

    private static void Write(Utf8JsonWriter writer, BigQueryField field, IArrowArray array, int row, bool isElement)
    {
        if (field.IsRepeated && !isElement)
        {
            if (array is not ListArray list) throw Unexpected(field, array);
            writer.WriteStartArray();
            if (!list.IsNull(row))
            {
                var end = list.ValueOffsets[row + 1];
                for (var element = list.ValueOffsets[row]; element < end; element++) Write(writer, field, list.Values, element, isElement: true);
            }

            writer.WriteEndArray();
            return;
        }

        if (array.IsNull(row))
        {
            writer.WriteNullValue();
            return;
        }

        var form = BigQueryTypes.FormOf(field);
        if (form != BigQueryForm.Record)
        {
            NestedJson.WriteScalar(writer, form, Scalar(field, form, array, row)!);
            return;
        }

        var fields = field.Fields ?? [];
        if (array is not StructArray record || record.Fields.Count != fields.Count) throw Unexpected(field, array);
        writer.WriteStartObject();
        for (var index = 0; index < fields.Count; index++)
        {
            writer.WritePropertyName(fields[index].Name);
            Write(writer, fields[index], record.Fields[index], row, isElement: false);
        }

        writer.WriteEndObject();
    }

    // Arrow keeps the scale of the column; REST sends no zeros at the end.
    private static string? Trim(string? number) => number is not null && number.Contains('.', StringComparison.Ordinal) ? number.TrimEnd('0').TrimEnd('.') : number;

    private static InvalidDataException Unexpected(BigQueryField field, IArrowArray array) => new($"Column {field.Name} of type {field.Type} came as {array.Data.DataType.Name}.");
}
