//! The one table of commands: what a user can do, what it is called, where it works, and which keys do it.
//!
//! The keymap, footer, help, palette, settings and man page are all read from here. Adding something a user can do is
//! one row here and one arm in the `update` of its screen.

/// Where a command works. Contexts stack: a text field inside the edit screen is `[Field, Edit, Global]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Context {
    Global,
    Browse,
    Find,
    Edit,
    Documents,
    Field,
    Generate,
    /// What a run dropped, in the generate screen.
    Quarantine,
    /// Choosing a flow by its card, in the generate screen.
    Flows,
    /// The prompt workbench, in the generate screen.
    Prompt,
    Review,
    Commit,
    /// The seed coach, in the edit screen.
    Coach,
    /// The history of a leaf, in the edit screen.
    Past,
    /// Choosing another leaf for an example.
    Target,
    /// Find and replace, and its two fields.
    Replace,
    ReplaceField,
    Sources,
    Dialog,
    Palette,
    Help,
}

/// How help groups commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Group {
    Program,
    Move,
    Seeds,
    Text,
    Samples,
    Review,
    Git,
}

impl Group {
    pub fn title(self) -> &'static str {
        match self {
            Group::Program => "program",
            Group::Move => "moving about",
            Group::Seeds => "seeds",
            Group::Text => "text",
            Group::Samples => "samples",
            Group::Review => "review",
            Group::Git => "git",
        }
    }
}

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    pub command: Command,
    /// The name in settings.
    pub id: &'static str,
    /// Two or three words for footer and palette.
    pub title: &'static str,
    /// One sentence for help and the man page.
    pub doc: &'static str,
    pub group: Group,
    pub contexts: &'static [Context],
    pub keys: &'static [&'static str],
}

macro_rules! commands {
    ($($name:ident $id:literal $title:literal $group:ident [$($context:ident)*] [$($key:literal)*] $doc:literal)*) => {
        /// Something a user can do.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Command { $($name),* }

        /// Every command, in the order in which help lists them.
        pub const TABLE: &[Row] = &[$(*Command::$name.row()),*];

        impl Command {
            /// The command's row.
            pub const fn row(self) -> &'static Row {
                match self { $(Command::$name => {
                    const ROW: Row = Row {
                        command: Command::$name, id: $id, title: $title, doc: $doc, group: Group::$group,
                        contexts: &[$(Context::$context),*], keys: &[$($key),*],
                    };
                    &ROW
                }),* }
            }
        }
    };
}

commands! {
    Quit "app.quit" "quit" Program [Global] ["q" "ctrl-q" "ctrl-c"] "Closes Seedbed; unsaved text is kept as a draft."
    Help "app.help" "help" Program [Global] ["?" "f1"] "Lists what can be done here; type to search by word or key."
    Palette "app.palette" "palette" Program [Global] ["ctrl-p"] "Finds any command or leaf by name."
    Back "app.back" "back" Program [Global Dialog] ["esc"] "Leaves the field, the box or the screen; nothing is lost."
    Suspend "app.suspend" "suspend" Program [Global] ["ctrl-z"] "Puts Seedbed into the background of the shell; `fg` brings it back."
    Redraw "app.redraw" "redraw" Program [Global] ["ctrl-l"] "Draws the whole screen anew."
    NextTheme "app.theme" "next theme" Program [Global] ["f9"] "Switches to the next theme."
    ReleaseMouse "app.mouse" "release mouse" Program [Global] ["f8"] "Leaves the mouse to the terminal so that text can be selected, or takes it back."
    GoBrowse "screen.browse" "browse" Program [Global] ["f2"] "Opens the tree of seeds."
    GoEdit "screen.edit" "edit" Program [Global] ["f3"] "Opens the form of the chosen leaf."
    GoGenerate "screen.generate" "generate" Program [Global] ["f4"] "Opens the screen that has a teacher make samples."
    GoReview "screen.review" "review" Program [Global] ["f5"] "Opens the samples of the chosen leaf for review."
    GoCommit "screen.commit" "commit" Program [Global] ["f6"] "Opens what changed, to commit it."

    Up "move.up" "up" Move [Browse Edit Generate Quarantine Flows Prompt Commit Past Coach Replace Dialog Palette Help Sources Documents] ["up" "k"] "Goes one row up."
    Down "move.down" "down" Move [Browse Edit Generate Quarantine Flows Prompt Commit Past Coach Replace Dialog Palette Help Sources Documents] ["down" "j"] "Goes one row down."
    PageUp "move.page-up" "page up" Move [Browse Edit Review Generate Quarantine Flows Prompt Commit Past Coach Replace Palette Help Sources Documents] ["pageup" "ctrl-b"] "Goes a screenful up."
    PageDown "move.page-down" "page down" Move [Browse Edit Review Generate Quarantine Flows Prompt Commit Past Coach Replace Palette Help Sources Documents] ["pagedown" "ctrl-f"] "Goes a screenful down."
    First "move.first" "first" Move [Browse Edit Generate Quarantine Flows Prompt Commit Past Coach Replace Help Sources Documents] ["home"] "Goes to the first row."
    Last "move.last" "last" Move [Browse Edit Generate Quarantine Flows Prompt Commit Past Coach Replace Help Sources Documents] ["end" "G"] "Goes to the last row."
    NextPane "move.next-pane" "next pane" Move [Browse Edit Generate Quarantine Prompt Review Commit Replace Dialog Documents] ["tab"] "Goes to the next pane or field."
    PreviousPane "move.previous-pane" "previous pane" Move [Browse Edit Generate Quarantine Prompt Review Commit Replace Dialog Documents] ["shift-tab"] "Goes to the pane or field before."

    Expand "browse.expand" "open" Move [Browse] ["right" "l"] "Opens the folder, or goes to its first child."
    Collapse "browse.collapse" "close" Move [Browse] ["left" "h"] "Closes the folder, or goes to the folder above."
    ExpandAll "browse.expand-all" "open all" Move [Browse] ["+"] "Opens every folder."
    CollapseAll "browse.collapse-all" "close all" Move [Browse] ["-"] "Closes every folder."
    Find "browse.find" "find" Move [Browse Documents] ["/"] "Searches paths and seed text while you type."
    FindAccept "find.accept" "go there" Move [Find] ["enter"] "Goes to the chosen result."
    FindUp "find.up" "up" Move [Find] ["up" "ctrl-k"] "Goes to the result above."
    FindDown "find.down" "down" Move [Find] ["down" "ctrl-j"] "Goes to the result below."
    Open "browse.open" "edit" Seeds [Browse] ["enter" "e"] "Opens the leaf's form, or opens and closes a folder."
    Mark "browse.mark" "mark" Seeds [Browse] ["space"] "Marks the leaf, or every leaf below the folder, so that generating is about all that are marked; again, takes the mark away."
    New "browse.new" "new leaf" Seeds [Browse] ["n"] "Makes a new leaf below the chosen folder."
    Move "browse.move" "move" Seeds [Browse] ["m"] "Moves the leaf or folder to another path, with all that belongs to it."
    Rename "browse.rename" "rename" Seeds [Browse] ["R"] "Gives the leaf or folder another name."
    Delete "browse.delete" "delete" Seeds [Browse] ["delete" "D"] "Deletes the leaf or folder with its samples; all of it is kept, undo brings it back."
    UndoTree "browse.undo" "undo" Seeds [Browse] ["u" "ctrl-u"] "Takes back what was last moved, renamed, deleted or discarded, also after a restart."
    Sources "browse.sources" "sources" Seeds [Browse Edit] ["t"] "Opens the sources of the leaf, attribution.txt: works, links, licences, creators."
    AddWork "sources.add" "add work" Seeds [Sources] ["a"] "Adds a work that the leaf rests on."
    RemoveWork "sources.remove" "remove work" Seeds [Sources] ["delete" "D"] "Removes this work; undo brings it back."
    Refresh "browse.refresh" "read again" Seeds [Browse Commit Quarantine] ["ctrl-r"] "Reads the taxonomy and git anew."

    Replace "replace.open" "find and replace" Seeds [Browse Edit] ["S"] "Puts one text in the place of another across the taxonomy, after showing every place."
    ReplaceNext "replace.next" "next field" Move [ReplaceField] ["tab"] "Goes from what to look for to what to put there, and to the places."
    ReplacePrevious "replace.previous" "field before" Move [ReplaceField] ["shift-tab"] "Goes the other way round."
    ReplaceToList "replace.list" "places" Move [ReplaceField] ["enter" "down"] "Goes to the places that were found."
    ReplaceToggle "replace.toggle" "in or out" Seeds [Replace] ["space" "enter"] "Leaves this place as it is, or takes it in again; on a leaf, all of its places."
    ReplaceToggleAll "replace.toggle-all" "all or none" Seeds [Replace] ["a"] "Takes every place in, or none."
    ReplaceNow "replace.now" "replace" Seeds [Replace ReplaceField] ["ctrl-s"] "Replaces what is ticked: each file whole or not at all, nothing else in it changes."
    ReplaceUndo "replace.undo" "undo" Seeds [Replace] ["u"] "Takes the whole last replacement back."
    ReplaceRegex "replace.regex" "pattern" Seeds [Replace] ["alt-r"] "Reads what to look for as a regular expression; $1 then stands for what its first group found."
    ReplaceCase "replace.case" "capitals" Seeds [Replace] ["alt-c"] "Lets capitals count, or not."
    ReplaceFields "replace.fields" "fields" Seeds [Replace] ["alt-w"] "Chooses the fields: all, questions, answers, contexts, descriptions."
    ReplaceWithin "replace.within" "where" Seeds [Replace] ["alt-o"] "Searches only the node that was chosen, or everywhere."

    TypeHere "edit.type" "type" Seeds [Edit Sources] ["enter" "i"] "Puts the caret into the field."
    AddExample "edit.add-example" "add example" Seeds [Edit] ["a"] "Adds a seed example after this one."
    AddPair "edit.add-pair" "add question" Seeds [Edit] ["A"] "Adds a question and answer to this example, or a file pattern to the documents."
    AddContext "edit.add-context" "add context" Seeds [Edit] ["C"] "Gives this example a context that its answer must rest on; that makes a skill grounded."
    Duplicate "edit.duplicate" "duplicate" Seeds [Edit] ["ctrl-d"] "Copies this example and puts the copy after it."
    Remove "edit.remove" "remove" Seeds [Edit] ["delete" "D"] "Removes this example, question or pattern; undo brings it back."
    MoveUp "edit.move-up" "move up" Seeds [Edit] ["alt-up" "K"] "Moves this example or question before the one above."
    MoveDown "edit.move-down" "move down" Seeds [Edit] ["alt-down" "J"] "Moves this example or question after the one below."
    NextExample "edit.next-example" "next example" Move [Edit Documents] ["]"] "Goes to the next seed example."
    PreviousExample "edit.previous-example" "example before" Move [Edit Documents] ["["] "Goes to the seed example before."
    Fix "edit.fix" "mend" Seeds [Edit] ["f"] "Mends the findings here that need no knowledge of the subject; on the first row, of the whole file."
    NextFinding "edit.next-finding" "next finding" Move [Edit] ["n"] "Goes to the next field with a finding, and round the end."
    PreviousFinding "edit.previous-finding" "finding before" Move [Edit] ["N"] "Goes to the field with a finding before this one."
    CopyTo "edit.copy-to" "copy to leaf" Seeds [Edit] ["y"] "Copies this example to another leaf of the same kind, and saves it there."
    MoveTo "edit.move-to" "move to leaf" Seeds [Edit] ["m"] "Moves this example to another leaf of the same kind, and saves it there."
    TargetAccept "target.accept" "this leaf" Seeds [Target] ["enter"] "Takes the chosen leaf."
    TargetUp "target.up" "up" Move [Target] ["up" "ctrl-k"] "Goes to the leaf above."
    TargetDown "target.down" "down" Move [Target] ["down" "ctrl-j"] "Goes to the leaf below."
    LeafHistory "edit.history" "history" Seeds [Edit Past] ["h"] "Shows who changed which example when, and how it read then."
    PastAll "past.all" "all examples" Seeds [Past] ["o"] "Shows the changes of every example, or only of the chosen one."
    PastRestore "past.restore" "restore" Seeds [Past] ["enter"] "Makes the example what it was then, as an edit that undo takes back; one that was removed comes back at the end."
    OpenCoach "edit.coach" "seed coach" Seeds [Edit Coach] ["T"] "Says which examples repeat each other, what the contexts use of the documents, and what a model knows already."
    CoachAsk "coach.ask" "ask the model" Seeds [Coach] ["a"] "Asks the teacher every question without its text and lays the answers beside yours; again, stops."
    CoachGo "coach.go" "go there" Seeds [Coach] ["enter"] "Goes to the example that the row is about."
    ViewFile "edit.view-file" "file view" Seeds [Edit] ["v"] "Shows the file as it is beside the form, or hides it; in a small window, in place of the form."
    Undo "edit.undo" "undo" Seeds [Edit Sources Documents] ["u" "ctrl-u"] "Takes back the last change of this file."
    Redo "edit.redo" "redo" Seeds [Edit Sources Documents] ["U" "ctrl-y"] "Makes the change again that was taken back."
    Save "edit.save" "save" Seeds [Edit Sources Documents] ["ctrl-s"] "Writes the file; only what you changed changes in it."
    Preview "edit.preview" "preview" Samples [Edit Browse Field] ["p" "f7"] "Has the teacher write three samples from the seeds as they stand, unsaved changes included."
    EditExternally "edit.editor" "in $EDITOR" Seeds [Edit Documents] ["E"] "Opens this field in your own editor."
    EditRaw "edit.raw" "file in $EDITOR" Seeds [Edit Browse] ["ctrl-e"] "Opens the whole qna.yaml in your own editor."
    DiscardDraft "edit.discard" "discard changes" Seeds [Edit Sources] ["ctrl-x"] "Goes back to the saved file; undo brings your changes back."

    OpenDocuments "documents.open" "documents" Seeds [Browse Edit] ["o"] "Opens the documents of a knowledge leaf: read them, take passages as contexts, choose and import them."
    TakePassage "documents.take" "take" Seeds [Documents] ["enter"] "Makes the selected passage the context of the example named below; in the choice of documents and in an import, goes on."
    SelectSentence "documents.sentence" "sentence" Text [Documents] ["s"] "Selects the sentence here; again, the next one too."
    SelectParagraph "documents.paragraph" "paragraph" Text [Documents] ["p"] "Selects the paragraph here; again, the next one too."
    ShrinkSelection "documents.shrink" "one less" Text [Documents] ["S" "backspace"] "Takes the last sentence out of the selection."
    SelectUp "documents.select-up" "select up" Text [Documents] ["shift-up"] "Selects to the row above."
    SelectDown "documents.select-down" "select down" Text [Documents] ["shift-down"] "Selects to the row below."
    SelectLeft "documents.select-left" "select left" Text [Documents] ["shift-left"] "Selects one letter to the left."
    SelectRight "documents.select-right" "select right" Text [Documents] ["shift-right"] "Selects one letter to the right."
    CaretLeft "documents.left" "left" Move [Documents] ["left" "h"] "Goes one letter to the left."
    CaretRight "documents.right" "right" Move [Documents] ["right" "l"] "Goes one letter to the right."
    NextUncovered "documents.next-uncovered" "next unused" Move [Documents] ["n"] "Goes to the next part of the documents that no example covers."
    PreviousUncovered "documents.previous-uncovered" "unused before" Move [Documents] ["N"] "Goes to the part before that no example covers."
    ToggleChunks "documents.chunks" "chunks" Text [Documents] ["v"] "Shows where the chunks begin that a run asks about and what neighbours share, or hides it."
    LargerChunks "documents.larger-chunks" "larger chunks" Text [Documents] ["+"] "Cuts the documents into larger chunks, here and in the next run."
    SmallerChunks "documents.smaller-chunks" "smaller chunks" Text [Documents] ["-"] "Cuts the documents into smaller chunks, here and in the next run."
    ChoosePin "documents.choose" "choose documents" Seeds [Documents] ["r"] "Chooses the repository, the commit and the files of this leaf."
    FetchDocuments "documents.fetch" "fetch" Seeds [Documents] ["f"] "Fetches the documents' repository, or brings its copy up to date; asks first."
    ImportDocument "documents.import" "import" Seeds [Documents] ["i"] "Turns a PDF, DOCX, HTML or text file into Markdown and commits it to the documents' repository."

    FieldLeave "field.leave" "done" Text [Field] ["esc"] "Leaves the field; what you typed stays."
    FieldNext "field.next" "next field" Text [Field] ["tab"] "Leaves the field for the next one."
    FieldPrevious "field.previous" "field before" Text [Field] ["shift-tab"] "Leaves the field for the one before."
    FieldFix "field.fix" "mend" Text [Field] ["alt-f"] "In the form, mends the findings of this field that need no knowledge of the subject."
    FieldNextFinding "field.next-finding" "next finding" Text [Field] ["alt-n"] "In the form, leaves the field for the next one with a finding."
    FieldUndo "field.undo" "undo" Text [Field] ["ctrl-u"] "Takes back the last change of this text; in the form, the last change of the file."
    FieldRedo "field.redo" "redo" Text [Field] ["ctrl-y"] "Makes it again."
    FieldSelectAll "field.select-all" "select all" Text [Field] ["ctrl-a"] "Selects the whole text."
    FieldCopy "field.copy" "copy" Text [Field] ["ctrl-c" "ctrl-insert"] "Copies the selected text."
    FieldCut "field.cut" "cut" Text [Field] ["ctrl-x"] "Cuts the selected text out."
    FieldPaste "field.paste" "paste" Text [Field] ["ctrl-v"] "Puts in what was copied here last; your terminal's own paste works too."
    FieldEditor "field.editor" "in $EDITOR" Text [Field] ["ctrl-o"] "Opens this text in your own editor."
    FieldSave "field.save" "save" Text [Field] ["ctrl-s"] "Saves without leaving the field; in review, keeps the edit as a new sample; in a commit message, commits."

    Generate "generate.open" "generate" Samples [Browse Edit Review] ["g"] "Chooses a flow, a teacher and a count for this leaf, or for all that are marked."
    Start "generate.start" "start" Samples [Generate] ["enter"] "Starts the run, or changes the chosen setting."
    Increase "generate.more" "more" Samples [Generate] ["right" "l" "+"] "Takes the next choice, or a higher count."
    Decrease "generate.less" "fewer" Samples [Generate] ["left" "h" "-"] "Takes the choice before, or a lower count."
    Stop "generate.stop" "stop" Samples [Generate Quarantine Prompt Browse Edit Review] ["ctrl-k"] "Stops the run and keeps what is there."
    Pause "generate.pause" "pause" Samples [Generate] ["p"] "Pauses the run on show, so that calls under way end and no other begins; again, goes on."
    NextRun "generate.next-run" "next run" Move [Generate] ["]"] "Shows the next run of this session."
    PreviousRun "generate.previous-run" "run before" Move [Generate] ["["] "Shows the run of this session before."
    WholeFunnel "generate.funnel" "funnel" Samples [Generate] ["v"] "Shows every block of the run with the rows that went in and out and why others left, or the results again."
    ChooseFlow "generate.flows" "flows" Samples [Generate] ["o"] "Lists the flows that fit the leaves, each with its whole card."
    TakeFlow "generate.take-flow" "take" Samples [Flows] ["enter"] "Takes the chosen flow."
    OpenPrompts "generate.prompts" "prompts" Samples [Generate] ["w"] "Opens the prompt workbench: the flow's prompts, filled in for this leaf, and one row taken through."
    AskPrompt "prompts.ask" "ask" Samples [Prompt] ["enter"] "Asks the model with this prompt and shows the raw answer; nothing is kept."
    TryRow "prompts.try" "whole row" Samples [Prompt] ["a"] "Takes this row through all blocks of the flow and shows what each did to it; nothing is kept."
    NextRow "prompts.next-row" "next row" Move [Prompt] ["right" "l"] "Shows the next row of the leaf."
    PreviousRow "prompts.previous-row" "row before" Move [Prompt] ["left" "h"] "Shows the row before."
    NextPrompt "prompts.next" "next prompt" Move [Prompt] ["]"] "Shows the flow's next prompt."
    PreviousPrompt "prompts.previous" "prompt before" Move [Prompt] ["["] "Shows the flow's prompt before."
    EditPrompt "prompts.edit" "in $EDITOR" Samples [Prompt] ["E"] "Opens the file of this prompt in your own editor."
    CopyFlow "prompts.copy" "copy to edit" Samples [Prompt] ["y"] "Copies this flow to your own flows, beside the settings, where its prompts can be edited."
    Drops "generate.drops" "dropped" Samples [Generate] ["d"] "Shows the quarantine of the run: every row that was dropped, why, and what the model said."
    NextGroup "drops.next-group" "next group" Move [Quarantine] ["right" "l"] "Shows what the next block dropped, reason by reason; at the end, everything."
    PreviousGroup "drops.previous-group" "group before" Move [Quarantine] ["left" "h"] "Shows the group before."
    MarkDrop "drops.mark" "mark" Samples [Quarantine] ["space"] "Marks this dropped row, or takes the mark away."
    MarkAllDrops "drops.mark-all" "mark all" Samples [Quarantine] ["a"] "Marks every row that is listed, or none."
    RestoreDrops "drops.restore" "restore" Samples [Quarantine] ["u"] "Puts the marked rows, or this one, into the review queue."
    AskAgain "drops.again" "ask again" Samples [Quarantine] ["g"] "Has the model asked once more for the marked rows, or this one, from the call that came to nothing."
    TryThreshold "drops.threshold" "threshold" Samples [Quarantine] ["t"] "Says how many rows another threshold would move, and makes a new run with it if you like."
    FetchWeights "generate.fetch" "fetch model" Samples [Generate] ["f"] "Fetches the small model that runs inside Seedbed."
    CountDigit "generate.digit" "count" Samples [Generate] ["0" "1" "2" "3" "4" "5" "6" "7" "8" "9" "."] "Types into the chosen number: the count, the most tokens or money, the seed."
    CountErase "generate.erase" "erase" Samples [Generate] ["backspace"] "Takes the last digit of the number away."

    Review "review.open" "review" Review [Browse Edit Generate Quarantine] ["r"] "Reads the leaf's samples one by one."
    Accept "review.accept" "accept" Review [Review] ["a"] "Accepts this sample and shows the next."
    Reject "review.reject" "reject" Review [Review] ["x"] "Rejects this sample; a digit then says why, anything else goes on."
    Skip "review.skip" "skip" Review [Review] ["space"] "Leaves this sample for later."
    Flag "review.flag" "flag" Review [Review] ["f"] "Marks this sample for somebody else to look at."
    UndoDecision "review.undo" "undo" Review [Review] ["backspace" "u"] "Takes back your last decision; works any number of times, also after a restart."
    EditSample "review.edit" "edit" Review [Review] ["e"] "Changes the text; the change becomes a new sample that remembers this one."
    NextSample "review.next" "next" Review [Review] ["n" "right" "l"] "Shows the next sample without deciding."
    PreviousSample "review.previous" "back" Review [Review] ["b" "left" "h"] "Shows the sample before without deciding."
    NextUndecided "review.next-undecided" "next undecided" Review [Review] ["N"] "Shows the next sample that nobody decided on."
    CycleDifferences "review.differences" "differences" Review [Review Commit] ["d"] "Shows differences to the source: none, by word, by line; in commit, by word or by line."
    Provenance "review.provenance" "provenance" Review [Review] ["i"] "Shows how this sample was made: flow, teacher, parameters, parents."
    ReasonDigit "review.reason" "reason" Review [Review] ["1" "2" "3" "4" "5" "6" "7" "8" "9"] "Says why the sample just rejected was rejected."
    ScrollUp "review.scroll-up" "scroll up" Move [Review] ["up" "k"] "Scrolls the text up."
    ScrollDown "review.scroll-down" "scroll down" Move [Review] ["down" "j"] "Scrolls the text down."

    Commit "commit.open" "commit" Git [Browse Edit Review] ["c"] "Shows what changed, to commit it."
    CommitNow "commit.commit" "commit" Git [Commit] ["ctrl-s" "C"] "Commits the chosen changes with this message."
    TogglePath "commit.toggle" "in or out" Git [Commit] ["space"] "Takes this change into the commit, or leaves it out."
    EditMessage "commit.message" "message" Git [Commit] ["m" "enter"] "Edits the commit message."
    NewBranch "commit.branch" "new branch" Git [Commit] ["b"] "Commits on a new branch."
    ToggleSignOff "commit.sign-off" "sign-off" Git [Commit] ["s"] "Turns the Signed-off-by line on or off."
    OverrideErrors "commit.override" "despite errors" Git [Commit] ["!"] "Lets this commit through although a seed has errors."

    Confirm "dialog.confirm" "choose" Program [Dialog Palette] ["enter"] "Takes the marked choice."
}

impl Command {
    pub fn by_id(id: &str) -> Option<&'static Row> {
        TABLE.iter().find(|row| row.id == id)
    }

    /// True for what a text field does by itself, as undo and copy.
    pub fn edits_text(self) -> bool {
        matches!(
            self,
            Command::FieldUndo
                | Command::FieldRedo
                | Command::FieldSelectAll
                | Command::FieldCopy
                | Command::FieldCut
                | Command::FieldPaste
        )
    }
}
