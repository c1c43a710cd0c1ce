using System.Buffers;
using System.Text;

namespace WarehouseImport.Profiles.Values;

/// <summary>What every text goes through before it is looked at: trimming, NFC, and the test that it can be stored at all.</summary>
internal static class UnicodeText
{
    private static readonly SearchValues<char> SurrogatesAndNul = SearchValues.Create(Unstorable());

    /// <summary>True if the text is valid UTF-16 without NUL, the only text that both stores keep.</summary>
    public static bool IsStorable(ReadOnlySpan<char> text)
    {
        var suspect = text.IndexOfAny(SurrogatesAndNul);
        while (suspect >= 0)
        {
            if (suspect + 1 >= text.Length || !char.IsSurrogatePair(text[suspect], text[suspect + 1])) return false;
            text = text[(suspect + 2)..];
            suspect = text.IndexOfAny(SurrogatesAndNul);
        }

        return true;
    }

    /// <summary>Normalisation form C of a storable text.</summary>
    public static string Nfc(string text) => Normalise(text, NormalizationForm.FormC);

    /// <summary>Normalisation form KC of a storable text.</summary>
    public static string Nfkc(string text) => Normalise(text, NormalizationForm.FormKC);

    /// <summary>Length in Unicode characters (code points), the unit of every length limit.</summary>
    public static int CountCharacters(ReadOnlySpan<char> text)
    {
        var count = text.Length;
        foreach (var c in text)
            if (char.IsLowSurrogate(c)) count--;
        return count;
    }

    /// <summary>True for White_Space and the zero-width characters that copying from web pages leaves around addresses (2.2 step 1).</summary>
    public static bool IsWhiteSpaceOrZeroWidth(char c) => char.IsWhiteSpace(c) || c is '\u200B' or '\u200C' or '\u200D' or '\u2060' or '\uFEFF';

    public static ReadOnlySpan<char> TrimWithZeroWidth(ReadOnlySpan<char> text)
    {
        var start = 0;
        while (start < text.Length && IsWhiteSpaceOrZeroWidth(text[start])) start++;
        var end = text.Length;
        while (end > start && IsWhiteSpaceOrZeroWidth(text[end - 1])) end--;
        return text[start..end];
    }

    private static string Normalise(string text, NormalizationForm form)
    {
        if (Ascii.IsValid(text)) return text;
        // The framework refuses to normalise the noncharacter U+FFFE. It never combines with its neighbours, so the parts can be normalised alone.
        return text.Contains('\uFFFE')
            ? string.Join('\uFFFE', text.Split('\uFFFE').Select(part => part.Normalize(form)))
            : text.Normalize(form);
    }

    private static char[] Unstorable()
    {
        var characters = new char[1 + 0x800];
        for (var i = 0; i < 0x800; i++) characters[i + 1] = (char)(0xD800 + i);
        return characters;
    }
}
